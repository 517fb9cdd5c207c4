/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ROOTWARD_INIT_H
#define ROOTWARD_INIT_H

/* Boot. Does not return. ENVP is handed to the real init. */
int init_main(int argc, char **argv, char **envp);

/*
 * What ARGV[0] names: init (as PID 1), modprobe, insmod, rmmod, lsmod,
 * modinfo; for another name ARGV[1] may name a tool. Exit status.
 */
int dispatch(int argc, char **argv, char **envp);

#endif
