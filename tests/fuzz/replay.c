/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target on kept inputs, without libFuzzer: replay_NAME FILE|DIRECTORY...
 * Prints one TAP line a file. A fault ends the program, which the runner sees
 * as a plan that was not fulfilled; the file is named before it is run.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A kept input is small; a larger one was put there by mistake. */
#define INPUT_MAX (4U << 20)

/* The whole file in its own allocation, so that a read behind its end is seen. */
static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return -1;
	}
	uint8_t *data = malloc(INPUT_MAX);
	size_t size = data ? fread(data, 1, INPUT_MAX, f) : 0;
	int failed = !data || ferror(f) || !feof(f);
	fclose(f);
	uint8_t *exact = failed ? NULL : realloc(data, size ? size : 1);
	if (!exact) {
		fprintf(stderr, "%s: cannot be read, or is larger than %u bytes\n", path, INPUT_MAX);
		free(data);
		return -1;
	}
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int count_of(const char *path, struct dirent ***entries)
{
	struct stat st;
	*entries = NULL;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return scandir(path, entries, visible, alphasort);
	return 1;
}

static int replay_path(const char *path, unsigned *number)
{
	struct dirent **entries;
	int n = count_of(path, &entries), failed = n < 0;
	for (int i = 0; i < n; i++) {
		char name[4096];
		if (entries)
			snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		else
			snprintf(name, sizeof(name), "%s", path);
		printf("# %s\n", name);
		fflush(stdout);
		int bad = replay_file(name);
		printf("%s %u - %s\n", bad ? "not ok" : "ok", ++*number, name);
		failed |= bad;
		if (entries)
			free(entries[i]);
	}
	free(entries);
	return failed;
}

int main(int argc, char **argv)
{
	int total = 0, failed = 0;
	unsigned number = 0;
	for (int i = 1; i < argc; i++) {
		struct dirent **entries;
		int n = count_of(argv[i], &entries);
		for (int j = 0; entries && j < n; j++)
			free(entries[j]);
		free(entries);
		total += n > 0 ? n : 0;
	}
	printf("1..%d\n", total);
	for (int i = 1; i < argc; i++)
		failed |= replay_path(argv[i], &number);
	return failed || !total;
}
