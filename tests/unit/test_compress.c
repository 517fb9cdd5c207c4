/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every codec that is written comes back; damage, truncation and bombs are errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>
#include <string.h>

#include "../../builder/compress.h"

static const enum codec written[] = {CODEC_GZIP, CODEC_XZ, CODEC_ZSTD, CODEC_LZ4};

#define PLAIN_SIZE ((size_t)9 << 20) /* more than one chunk of lz4 */

static unsigned char *make_plain(void)
{
	unsigned char *p = xmalloc(PLAIN_SIZE);
	uint32_t x = 1;

	for (size_t i = 0; i < PLAIN_SIZE; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = (unsigned char)(i % 97 < 60 ? 'a' + i % 7 : x >> 24);
	}
	return p;
}

static void fails(struct err *e, const char *word)
{
	assert_non_null(e);
	assert_non_null(strstr(err_message(e), word));
	err_free(e);
}

static void test_round_trip(void **state)
{
	AUTOFREE unsigned char *plain = make_plain();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
		struct compressor *c = compressor_new(written[i], written[i] == CODEC_XZ ? 0 : 1);
		AUTOFREE unsigned char *packed = NULL;
		AUTOFREE unsigned char *back = NULL;
		size_t n, m;

		assert_null(compressor_run(c, plain, PLAIN_SIZE, &packed, &n));
		assert_int_equal(codec_detect(packed, n), written[i]);
		assert_true(n < PLAIN_SIZE);
		assert_null(decompress(written[i], packed, n, PLAIN_SIZE, &back, &m));
		assert_int_equal(m, PLAIN_SIZE);
		assert_memory_equal(back, plain, PLAIN_SIZE);
		compressor_free(c);
	}
}

static struct err *gather(void *arg, const void *data, size_t n)
{
	buf_add(arg, data, n);
	return NULL;
}

/* The bytes of a stream do not depend on threads, nor on how it was cut into writes. */
static void test_stream_is_deterministic(void **state)
{
	AUTOFREE unsigned char *plain = make_plain();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
		struct buf out[2] = {0};
		for (unsigned t = 0; t < 2; t++) {
			struct compressor *c = compressor_new(written[i], written[i] == CODEC_XZ ? 0 : 1);
			size_t step = t ? 1 << 20 : 300007;
			assert_null(compressor_begin(c, t + 1, (struct sink){gather, &out[t]}));
			for (size_t at = 0; at < PLAIN_SIZE; at += step)
				assert_null(
				    compressor_write(c, plain + at, PLAIN_SIZE - at < step ? PLAIN_SIZE - at : step));
			assert_null(compressor_finish(c));
			compressor_free(c);
		}
		assert_int_equal(out[0].len, out[1].len);
		assert_memory_equal(out[0].data, out[1].data, out[0].len);
		buf_free(&out[0]);
		buf_free(&out[1]);
	}
}

static void test_faults(void **state)
{
	AUTOFREE unsigned char *plain = make_plain();
	enum codec codecs[] = {CODEC_GZIP, CODEC_XZ, CODEC_ZSTD};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++) {
		struct compressor *c = compressor_new(codecs[i], 1);
		AUTOFREE unsigned char *packed = NULL;
		unsigned char *back = NULL;
		size_t n, m, used;

		assert_null(compressor_run(c, plain, 100000, &packed, &n));
		fails(decompress(codecs[i], packed, n / 2, PLAIN_SIZE, &back, &m), "truncated");
		fails(decompress(codecs[i], packed, n, 50000, &back, &m), "larger than 50000");
		packed = xrealloc(packed, n + 3, 1);
		memset(packed + n, 0, 3);
		fails(decompress(codecs[i], packed, n + 3, PLAIN_SIZE, &back, &m), "3 unexpected bytes");
		assert_null(decompress_prefix(codecs[i], packed, n + 3, PLAIN_SIZE, &back, &m, &used));
		assert_int_equal(used, n);
		free(back);
		for (size_t b = 20; b < n / 2; b++)
			packed[b] ^= 0x5a;
		fails(decompress(codecs[i], packed, n, PLAIN_SIZE, &back, &m), codec_name(codecs[i]));
		compressor_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_stream_is_deterministic),
	    cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests_name("compress", tests, NULL, NULL);
}
