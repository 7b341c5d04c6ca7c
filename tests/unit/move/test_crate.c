/* SPDX-License-Identifier: MIT */
#include "../test.h"

#include <sys/mman.h>
#include <unistd.h>

#include "move/crate.h"

#define SEALED (NOS_CRATE_CHUNK + 16) /* bytes of a chunk in the file */
#define PIECE  1000

static struct nos_err err;
static struct nos_vault vault;
static const struct nos_crate_head head = { .node = 7, .time = { 1700000000000 }, .lanes = 4 };

static int start(void **state)
{
	struct nos_buf text;

	(void)state;
	nos_err_clear(&err);
	nos_buf_init_secret(&text, 1000);
	(void)!nos_vault_new(&vault, &text, &err);
	nos_buf_release(&text);
	return err.code;
}

static int stop(void **state)
{
	(void)state;
	nos_vault_release(&vault);
	return 0;
}

static int file_new(void)
{
	int fd = memfd_create("crate", 0);

	assert_true(fd >= 0);
	return fd;
}

/* Pieces of so many bytes in all, each with the same byte. */
static int made(size_t bytes)
{
	char piece[PIECE];
	struct nos_crate c;
	int fd = file_new();

	memset(piece, 'x', sizeof(piece));
	assert_int_equal(nos_crate_new(&c, fd, NULL, &vault, &head, &err), NOS_OK);
	for (size_t done = 0; done < bytes;) {
		const size_t len = bytes - done < PIECE ? bytes - done : PIECE;

		assert_int_equal(
		    nos_crate_add(&c, (struct nos_span){ (uint8_t *)piece, len }, &err), NOS_OK);
		done += len;
	}
	assert_int_equal(nos_crate_finish(&c, &err), NOS_OK);
	nos_crate_release(&c);
	return fd;
}

/* Read it back: the bytes that came before its end or an error, which stands in err. */
static size_t taken(int fd, size_t bytes)
{
	struct nos_crate_head got;
	struct nos_crate c;
	NOS_AUTO(buf) piece = { 0 };
	size_t done = 0;

	nos_err_clear(&err);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	nos_buf_init(&piece, PIECE);
	if (!nos_crate_open(&c, fd, NULL, &vault, &got, &err)) {
		while (done < bytes && !nos_crate_take(&c, &piece, &err)) {
			done += piece.len;
			nos_buf_truncate(&piece, 0);
		}
		if (!err.code && !nos_crate_end(&c, &err)) {
			assert_int_equal(got.node, head.node);
			assert_int_equal(got.time.ms, head.time.ms);
			assert_int_equal(got.lanes, head.lanes);
			assert_false(got.copy);
		}
	}
	nos_crate_release(&c);
	return done;
}

static size_t line_of(int fd)
{
	char text[NOS_CRATE_LINE_MAX];
	ssize_t n = pread(fd, text, sizeof(text), 0);

	assert_true(n > 0);
	return (size_t)((char *)memchr(text, '\n', (size_t)n) - text) + 1;
}

static void copy_chunk(int from, size_t i, int to, size_t at)
{
	static char space[SEALED];
	const size_t line = line_of(from);
	ssize_t n = pread(from, space, SEALED, (off_t)(line + i * SEALED));

	assert_true(n > 0);
	assert_int_equal(pwrite(to, space, (size_t)n, (off_t)(line + at * SEALED)), n);
}

static void what_was_added_is_taken_whatever_its_length(void **state)
{
	/* A piece has two bytes before it; the last ends with a chunk, before it and behind it. */
	const size_t full = NOS_CRATE_CHUNK - NOS_CRATE_CHUNK / (PIECE + 2) * 2 - 2;
	const size_t lengths[] = { 0, 1, full - 1, full, full + 1, 3 * NOS_CRATE_CHUNK };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		int fd = made(lengths[i]);

		assert_int_equal(taken(fd, lengths[i]), lengths[i]);
		assert_int_equal(err.code, NOS_OK);
		close(fd);
	}
}

static void a_full_last_chunk_is_the_last(void **state)
{
	char bytes[NOS_CRATE_CHUNK - 3] = { 0 };
	NOS_AUTO(buf) got = { 0 };
	struct nos_crate_head said;
	struct nos_crate c;
	int fd = file_new();

	(void)state;
	nos_buf_init(&got, sizeof(bytes));
	assert_int_equal(nos_crate_new(&c, fd, NULL, &vault, &head, &err), NOS_OK);
	assert_int_equal(
	    nos_crate_add(&c, (struct nos_span){ (uint8_t *)bytes, sizeof(bytes) }, &err), NOS_OK);
	assert_int_equal(nos_crate_finish(&c, &err), NOS_OK);
	nos_crate_release(&c);
	assert_int_equal(lseek(fd, 0, SEEK_END), line_of(fd) + SEALED);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(nos_crate_open(&c, fd, NULL, &vault, &said, &err), NOS_OK);
	assert_int_equal(nos_crate_take(&c, &got, &err), NOS_OK);
	assert_int_equal(got.len, sizeof(bytes));
	assert_int_equal(nos_crate_end(&c, &err), NOS_OK);
	nos_crate_release(&c);
	close(fd);
}

static void chunks_that_are_swapped_doubled_or_of_another_file_are_found(void **state)
{
	const size_t bytes = 3 * NOS_CRATE_CHUNK;
	int good = made(bytes), other = made(bytes);

	(void)state;
	for (int how = 0; how < 4; how++) {
		int fd = made(bytes);
		const size_t at = how == 3 ? 0 : 1;

		copy_chunk(how == 3 ? other : fd, how == 1 ? 2 : how == 2 ? 1 : 0, fd, at);
		if (how == 2)
			copy_chunk(fd, 1, fd, 2);
		assert_true(taken(fd, bytes) <= (how == 2 ? 2 : at) * NOS_CRATE_CHUNK);
		assert_int_equal(err.code, NOS_DATA);
		close(fd);
	}
	close(good);
	close(other);
}

static void a_file_that_is_cut_anywhere_is_found_cut(void **state)
{
	const size_t bytes = 2 * NOS_CRATE_CHUNK;
	int whole = made(bytes);
	const off_t line = (off_t)line_of(whole), size = lseek(whole, 0, SEEK_END);
	const off_t cuts[] = { 0, line - 1, line, line + 15, line + SEALED, line + SEALED + 1,
		line + 2 * (off_t)SEALED, size - 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		int fd = made(bytes);

		assert_int_equal(ftruncate(fd, cuts[i]), 0);
		(void)taken(fd, bytes);
		assert_int_equal(err.code, NOS_DATA);
		close(fd);
	}
	close(whole);
}

static void each_byte_of_the_line_is_bound_to_what_follows(void **state)
{
	int whole = made(10);
	const size_t line = line_of(whole);

	(void)state;
	for (size_t at = 0; at < line; at++) {
		int fd = made(10);
		char c;

		assert_int_equal(pread(fd, &c, 1, (off_t)at), 1);
		c ^= 1;
		assert_int_equal(pwrite(fd, &c, 1, (off_t)at), 1);
		(void)taken(fd, 10);
		/* What stands for the key, and the version, may say why. */
		if (err.code == NOS_OK)
			fail_msg("byte %zu of the line may be changed", at);
		close(fd);
	}
	close(whole);
}

static void another_node_key_opens_nothing(void **state)
{
	struct nos_vault own = vault;
	struct nos_buf text;
	int fd = made(10);

	(void)state;
	nos_buf_init_secret(&text, 1000);
	assert_int_equal(nos_vault_new(&vault, &text, &err), NOS_OK);
	nos_buf_release(&text);
	assert_int_equal(taken(fd, 10), 0);
	assert_int_equal(err.code, NOS_DENIED);
	nos_vault_release(&vault);
	vault = own;
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_taken_whatever_its_length),
		cmocka_unit_test(a_full_last_chunk_is_the_last),
		cmocka_unit_test(chunks_that_are_swapped_doubled_or_of_another_file_are_found),
		cmocka_unit_test(a_file_that_is_cut_anywhere_is_found_cut),
		cmocka_unit_test(each_byte_of_the_line_is_bound_to_what_follows),
		cmocka_unit_test(another_node_key_opens_nothing),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
