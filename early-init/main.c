// SPDX-License-Identifier: GPL-2.0-or-later
#include "init.h"

int main(int argc, char **argv, char **envp)
{
	return dispatch(argc, argv, envp);
}
