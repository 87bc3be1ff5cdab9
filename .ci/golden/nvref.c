/*
 * nvref lets libnvpair speak for itself: it writes the golden lists of
 * testdata/nvlist, repacks lists for the differential test, and times the
 * library for the benchmark.
 *
 *	nvref golden DIR	write every golden list in both encodings
 *	nvref serve		repack lists from standard input, see serve()
 *	nvref bench FILE N	time unpacking and packing, N rounds each
 *
 * It is built against any libzfslinux-dev from 2.0 to 2.4 with
 *
 *	gcc -O2 -Wall -I/usr/include/libzfs -I/usr/include/libspl \
 *	    -o nvref nvref.c -lnvpair
 */
#define	_GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <libnvpair.h>

#define	COUNT(a)	(sizeof (a) / sizeof ((a)[0]))
#define	MAX_FRAME	(64U << 20)

static void
die(const char *what)
{
	fprintf(stderr, "nvref: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Functions of libnvpair return their error instead of setting errno. */
static void
must(int err, const char *what)
{
	if (err != 0) {
		errno = err;
		die(what);
	}
}

static nvlist_t *
new_list(void)
{
	nvlist_t *nvl;

	must(nvlist_alloc(&nvl, NV_UNIQUE_NAME, 0), "nvlist_alloc");
	return (nvl);
}

/* pack returns the packed form in memory of its own; the caller frees it. */
static int
pack(nvlist_t *nvl, int encoding, char **buf, size_t *len)
{
	*buf = NULL;
	*len = 0;
	return (nvlist_pack(nvl, buf, len, encoding, 0));
}

static void
write_all(FILE *f, const void *buf, size_t len)
{
	if (len != 0 && fwrite(buf, 1, len, f) != len)
		die("write");
}

/* ---- golden ---- */

static void
save_as(const char *dir, const char *name, const char *suffix, int encoding,
    nvlist_t *nvl)
{
	char path[PATH_MAX], *buf;
	size_t len;
	FILE *f;

	if (snprintf(path, sizeof (path), "%s/%s.%s.bin", dir, name, suffix) >=
	    (int)sizeof (path)) {
		errno = ENAMETOOLONG;
		die(dir);
	}
	must(pack(nvl, encoding, &buf, &len), name);
	if ((f = fopen(path, "wb")) == NULL)
		die(path);
	write_all(f, buf, len);
	if (fclose(f) != 0)
		die(path);
	free(buf);
}

static void
save(const char *dir, const char *name, nvlist_t *nvl)
{
	save_as(dir, name, "native", NV_ENCODE_NATIVE, nvl);
	save_as(dir, name, "xdr", NV_ENCODE_XDR, nvl);
	nvlist_free(nvl);
}

#define	ADD(nvl, type, ...)	\
	must(nvlist_add_##type(nvl, __VA_ARGS__), "nvlist_add_" #type)

/* The extremes of every type that has no size of its own. */
static void
golden_scalars(const char *dir)
{
	nvlist_t *nvl = new_list();

	ADD(nvl, boolean, "boolean");
	ADD(nvl, boolean_value, "boolean_false", B_FALSE);
	ADD(nvl, boolean_value, "boolean_true", B_TRUE);
	ADD(nvl, byte, "byte_min", 0);
	ADD(nvl, byte, "byte_max", 0xff);
	ADD(nvl, int8, "int8_min", INT8_MIN);
	ADD(nvl, int8, "int8_max", INT8_MAX);
	ADD(nvl, uint8, "uint8_min", 0);
	ADD(nvl, uint8, "uint8_max", UINT8_MAX);
	ADD(nvl, int16, "int16_min", INT16_MIN);
	ADD(nvl, int16, "int16_max", INT16_MAX);
	ADD(nvl, uint16, "uint16_max", UINT16_MAX);
	ADD(nvl, int32, "int32_min", INT32_MIN);
	ADD(nvl, int32, "int32_max", INT32_MAX);
	ADD(nvl, uint32, "uint32_max", UINT32_MAX);
	ADD(nvl, int64, "int64_min", INT64_MIN);
	ADD(nvl, int64, "int64_max", INT64_MAX);
	ADD(nvl, uint64, "uint64_max", UINT64_MAX);
	ADD(nvl, hrtime, "hrtime_min", INT64_MIN);
	ADD(nvl, hrtime, "hrtime_max", INT64_MAX);
	ADD(nvl, double, "double_zero", -0.0);
	ADD(nvl, double, "double_pi", 3.141592653589793);
	ADD(nvl, double, "double_inf", -INFINITY);
	ADD(nvl, string, "string_empty", "");
	ADD(nvl, string, "string_7", "1234567");
	ADD(nvl, string, "string_8", "12345678");
	ADD(nvl, string, "string_utf8", "gr\xc3\xbc\xc3\x9f""e");
	ADD(nvl, string, "string_bytes", "\x01\x7f\x80\xff");
	save(dir, "scalars", nvl);
}

static void
golden_arrays(const char *dir)
{
	boolean_t b[] = { B_TRUE, B_FALSE, B_TRUE };
	uchar_t y[] = { 0, 1, 0x7f, 0x80, 0xff };
	int8_t i8[] = { INT8_MIN, -1, 0, INT8_MAX };
	uint8_t u8[] = { 0, 1, 0x7f, 0x80, UINT8_MAX };
	int16_t i16[] = { INT16_MIN, -1, INT16_MAX };
	uint16_t u16[] = { 0, 0x8000, UINT16_MAX };
	int32_t i32[] = { INT32_MIN, -1, INT32_MAX };
	uint32_t u32[] = { 0, 0x80000000U, UINT32_MAX };
	int64_t i64[] = { INT64_MIN, -1, INT64_MAX };
	uint64_t u64[] = { 0, 1ULL << 63, UINT64_MAX };
	const char *s[] = { "", "a", "", "1234567", "12345678", "" };
	nvlist_t *nvl = new_list();

	ADD(nvl, boolean_array, "boolean_array", b, COUNT(b));
	ADD(nvl, byte_array, "byte_array", y, COUNT(y));
	ADD(nvl, int8_array, "int8_array", i8, COUNT(i8));
	ADD(nvl, uint8_array, "uint8_array", u8, COUNT(u8));
	ADD(nvl, int16_array, "int16_array", i16, COUNT(i16));
	ADD(nvl, uint16_array, "uint16_array", u16, COUNT(u16));
	ADD(nvl, int32_array, "int32_array", i32, COUNT(i32));
	ADD(nvl, uint32_array, "uint32_array", u32, COUNT(u32));
	ADD(nvl, int64_array, "int64_array", i64, COUNT(i64));
	ADD(nvl, uint64_array, "uint64_array", u64, COUNT(u64));
	/* The constness of this parameter differs between the releases. */
	ADD(nvl, string_array, "string_array", (void *)s, COUNT(s));
	save(dir, "arrays", nvl);
}

/* The arrays that an empty one of is allowed for. */
static void
add_empty_arrays(nvlist_t *nvl)
{
	ADD(nvl, boolean_array, "boolean_array", NULL, 0);
	ADD(nvl, byte_array, "byte_array", NULL, 0);
	ADD(nvl, int8_array, "int8_array", NULL, 0);
	ADD(nvl, uint8_array, "uint8_array", NULL, 0);
	ADD(nvl, int16_array, "int16_array", NULL, 0);
	ADD(nvl, uint16_array, "uint16_array", NULL, 0);
	ADD(nvl, int32_array, "int32_array", NULL, 0);
	ADD(nvl, uint32_array, "uint32_array", NULL, 0);
	ADD(nvl, int64_array, "int64_array", NULL, 0);
	ADD(nvl, uint64_array, "uint64_array", NULL, 0);
	ADD(nvl, string_array, "string_array", NULL, 0);
	ADD(nvl, nvlist_array, "nvlist_array", NULL, 0);
}

static void
golden_empty(const char *dir)
{
	nvlist_t *nvl, *inner, *plain;

	save(dir, "empty", new_list());

	nvl = new_list();
	add_empty_arrays(nvl);
	save(dir, "empty_arrays", nvl);

	/* Empty arrays inside a list: their size is overstated twice. */
	nvl = new_list();
	inner = new_list();
	add_empty_arrays(inner);
	ADD(nvl, nvlist, "inner", inner);
	ADD(nvl, nvlist_array, "inners", (void *)&inner, 1);
	save(dir, "empty_arrays_nested", nvl);
	nvlist_free(inner);

	/* A list that does not claim unique names, and holds one twice. */
	must(nvlist_alloc(&plain, 0, 0), "nvlist_alloc");
	ADD(plain, uint64, "twice", 1);
	ADD(plain, string, "twice", "2");
	save(dir, "not_unique", plain);
}

static void
golden_names(const char *dir)
{
	char name[256];
	nvlist_t *nvl = new_list();
	size_t len;

	for (len = 0; len < sizeof (name); len = len < 18 ? len + 1 : len * 3) {
		memset(name, 'n', len);
		name[len] = '\0';
		ADD(nvl, uint8, name, (uint8_t)len);
	}
	ADD(nvl, boolean, "tank/fs@snap 1");
	ADD(nvl, boolean, "\xc3\xa4\xff");
	save(dir, "names", nvl);
}

/* chain returns a list with the given number of lists inside each other. */
static nvlist_t *
chain(int depth)
{
	nvlist_t *nvl = new_list();

	ADD(nvl, int32, "depth", depth);
	if (depth > 0) {
		nvlist_t *inner = chain(depth - 1);
		ADD(nvl, nvlist, "inner", inner);
		nvlist_free(inner);
	}
	ADD(nvl, string, "after", "x");
	return (nvl);
}

static void
golden_nested(const char *dir)
{
	nvlist_t *nvl, *leaf[3], *sub;
	unsigned i;

	save(dir, "chain", chain(20));

	nvl = new_list();
	for (i = 0; i < COUNT(leaf); i++) {
		leaf[i] = new_list();
		/* One element stays empty. */
		if (i == 1)
			continue;
		ADD(leaf[i], uint64, "id", i);
		ADD(leaf[i], string, "path", "/dev/sda1");
	}
	sub = new_list();
	ADD(sub, nvlist_array, "children", (void *)leaf, COUNT(leaf));
	ADD(sub, nvlist, "nothing", leaf[1]);
	ADD(nvl, nvlist, "vdev_tree", sub);
	ADD(nvl, nvlist_array, "trees", (void *)leaf, COUNT(leaf));
	ADD(nvl, boolean, "last");
	save(dir, "nested", nvl);
	nvlist_free(sub);
	for (i = 0; i < COUNT(leaf); i++)
		nvlist_free(leaf[i]);
}

static int
golden(const char *dir)
{
	golden_scalars(dir);
	golden_arrays(dir);
	golden_empty(dir);
	golden_names(dir);
	golden_nested(dir);
	return (0);
}

/* ---- serve ---- */

/* read_all returns 0 at a clean end of the input, and 1 for len bytes. */
static int
read_all(void *buf, size_t len, int eof_allowed)
{
	size_t got = len == 0 ? 0 : fread(buf, 1, len, stdin);

	if (got == len)
		return (1);
	if (got == 0 && eof_allowed && feof(stdin))
		return (0);
	errno = EIO;
	die("short frame");
	return (0);
}

static void
put_u32(uint32_t v)
{
	unsigned char b[4] = { v & 0xff, v >> 8 & 0xff, v >> 16 & 0xff,
	    v >> 24 & 0xff };

	write_all(stdout, b, sizeof (b));
}

static void
put_blob(const char *buf, size_t len)
{
	put_u32((uint32_t)len);
	write_all(stdout, buf, len);
}

/*
 * serve answers one frame after the other. A question is the length of a packed
 * list, four bytes with the lowest first, and the list. The answer is an errno,
 * then the list repacked as native and as XDR, each with its length in front.
 * After an error both are empty.
 */
static int
serve(void)
{
	unsigned char head[4];

	while (read_all(head, sizeof (head), 1)) {
		uint32_t len = head[0] | head[1] << 8 | head[2] << 16 |
		    (uint32_t)head[3] << 24;
		char *in, *native = NULL, *xdr = NULL;
		size_t native_len = 0, xdr_len = 0;
		nvlist_t *nvl = NULL;
		int err;

		if (len > MAX_FRAME) {
			errno = EFBIG;
			die("frame");
		}
		/* One more byte, so that nothing is not asked for. */
		if ((in = malloc((size_t)len + 1)) == NULL)
			die("malloc");
		read_all(in, len, 0);
		err = nvlist_unpack(in, len, &nvl, 0);
		if (err == 0)
			err = pack(nvl, NV_ENCODE_NATIVE, &native, &native_len);
		if (err == 0)
			err = pack(nvl, NV_ENCODE_XDR, &xdr, &xdr_len);
		put_u32((uint32_t)err);
		put_blob(native, err == 0 ? native_len : 0);
		put_blob(xdr, err == 0 ? xdr_len : 0);
		if (fflush(stdout) != 0)
			die("write");
		nvlist_free(nvl);
		free(native);
		free(xdr);
		free(in);
	}
	return (0);
}

/* ---- bench ---- */

#define	BATCHES	1000

static double
now_ns(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
		die("clock_gettime");
	return (ts.tv_sec * 1e9 + ts.tv_nsec);
}

static char *
read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *buf;
	long size;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0)
		die(path);
	rewind(f);
	if (size > (long)MAX_FRAME) {
		errno = EFBIG;
		die(path);
	}
	if ((buf = malloc(size + 1)) == NULL)
		die("malloc");
	if (fread(buf, 1, size, f) != (size_t)size)
		die(path);
	fclose(f);
	*len = size;
	return (buf);
}

static void
unpack_once(char *buf, size_t len)
{
	nvlist_t *nvl;

	must(nvlist_unpack(buf, len, &nvl, 0), "nvlist_unpack");
	nvlist_free(nvl);
}

static void
pack_once(nvlist_t *nvl, char *buf, size_t len, int encoding)
{
	size_t n = len;

	must(nvlist_pack(nvl, &buf, &n, encoding, 0), "nvlist_pack");
}

/* time_one prints the fastest batch, in nanoseconds for each call. */
static void
time_one(const char *what, nvlist_t *nvl, char *buf, size_t len, long rounds,
    int encoding)
{
	double best = INFINITY;
	int batch;

	for (batch = 0; batch < BATCHES; batch++) {
		double start = now_ns(), took;
		long i;

		for (i = 0; i < rounds / BATCHES + 1; i++) {
			if (nvl == NULL)
				unpack_once(buf, len);
			else
				pack_once(nvl, buf, len, encoding);
		}
		took = (now_ns() - start) / (rounds / BATCHES + 1);
		best = took < best ? took : best;
	}
	printf("%s %.1f\n", what, best);
}

/* bench prints a line for each operation: its name and its nanoseconds. */
static int
bench(const char *path, const char *count)
{
	char *end, *in, *native, *xdr;
	size_t len, native_len, xdr_len;
	long rounds = strtol(count, &end, 10);
	nvlist_t *nvl;

	if (*end != '\0' || rounds <= 0) {
		errno = EINVAL;
		die(count);
	}
	in = read_file(path, &len);
	must(nvlist_unpack(in, len, &nvl, 0), path);
	must(pack(nvl, NV_ENCODE_NATIVE, &native, &native_len), path);
	must(pack(nvl, NV_ENCODE_XDR, &xdr, &xdr_len), path);
	time_one("unpack_native", NULL, native, native_len, rounds, 0);
	time_one("unpack_xdr", NULL, xdr, xdr_len, rounds, 0);
	time_one("pack_native", nvl, native, native_len, rounds,
	    NV_ENCODE_NATIVE);
	time_one("pack_xdr", nvl, xdr, xdr_len, rounds, NV_ENCODE_XDR);
	nvlist_free(nvl);
	free(native);
	free(xdr);
	free(in);
	return (0);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "golden") == 0)
		return (golden(argv[2]));
	if (argc == 2 && strcmp(argv[1], "serve") == 0)
		return (serve());
	if (argc == 4 && strcmp(argv[1], "bench") == 0)
		return (bench(argv[2], argv[3]));
	fprintf(stderr, "usage: nvref golden DIR | serve | bench FILE N\n");
	return (2);
}
