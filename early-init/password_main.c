/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * early-init-password: ask on standard input for the password whose crypt(3)
 * hash is in $HASH. Exit status 0 when it was right. Beside early-init, in
 * images that lock their emergency shell only.
 */
#include <stdlib.h>

#include "password.h"

int main(void)
{
	const char *hash = getenv("HASH");

	return !hash || password_ask(0, hash) < 0;
}
