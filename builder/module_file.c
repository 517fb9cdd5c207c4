/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module_file.h"

#include "compress.h"

struct err *module_file_open(const struct kernel *k, const struct kmodule *m, struct module_file *out)
{
	AUTOFREE char *path = kernel_dir_file(k->sysroot, k->moddir, m->path);

	TRY(file_map(path, &out->map));
	enum codec codec = codec_detect(out->map.data, out->map.size);
	if (codec == CODEC_NONE) {
		out->data = out->map.data;
		out->size = out->map.size;
		return NULL;
	}
	TRY(decompress(codec, out->map.data, out->map.size, MODULE_SIZE_MAX, &out->buffer, &out->size));
	out->data = out->buffer;
	return NULL;
}

void module_file_close(struct module_file *f)
{
	free(f->buffer);
	file_unmap(&f->map);
	*f = (struct module_file){0};
}
