package zfs

// The numbers of compression: the low seven bits are the algorithm, what is above
// is a level. gzip's levels are algorithms of their own, 5 to 13.
const (
	compressionBits = 7
	compressionGzip = 5 // gzip-1
	compressionZstd = 16

	// zstdFast is the level code of zstd-fast-1. The codes go up by one for each
	// level that has a name, not for each level.
	zstdFast = 103
)

// zstdNumber returns the number of zstd with a level's code.
func zstdNumber(code uint64) uint64 { return compressionZstd | code<<compressionBits }

// compressionValues are the values of compression, in the kernel's order. A bare
// algorithm comes before the level that it stands for.
var compressionValues = []IndexValue{
	{Name: "on", Number: 1}, {Name: "off", Number: 2}, {Name: "lzjb", Number: 3},
	{Name: "gzip", Number: compressionGzip + 5},
	{Name: "gzip-1", Number: compressionGzip}, {Name: "gzip-2", Number: compressionGzip + 1},
	{Name: "gzip-3", Number: compressionGzip + 2}, {Name: "gzip-4", Number: compressionGzip + 3},
	{Name: "gzip-5", Number: compressionGzip + 4}, {Name: "gzip-6", Number: compressionGzip + 5},
	{Name: "gzip-7", Number: compressionGzip + 6}, {Name: "gzip-8", Number: compressionGzip + 7},
	{Name: "gzip-9", Number: compressionGzip + 8},
	{Name: "zle", Number: 14}, {Name: "lz4", Number: 15},
	{Name: "zstd", Number: compressionZstd}, {Name: "zstd-fast", Number: zstdNumber(zstdFast)},

	{Name: "zstd-1", Number: zstdNumber(1)}, {Name: "zstd-2", Number: zstdNumber(2)},
	{Name: "zstd-3", Number: zstdNumber(3)}, {Name: "zstd-4", Number: zstdNumber(4)},
	{Name: "zstd-5", Number: zstdNumber(5)}, {Name: "zstd-6", Number: zstdNumber(6)},
	{Name: "zstd-7", Number: zstdNumber(7)}, {Name: "zstd-8", Number: zstdNumber(8)},
	{Name: "zstd-9", Number: zstdNumber(9)}, {Name: "zstd-10", Number: zstdNumber(10)},
	{Name: "zstd-11", Number: zstdNumber(11)}, {Name: "zstd-12", Number: zstdNumber(12)},
	{Name: "zstd-13", Number: zstdNumber(13)}, {Name: "zstd-14", Number: zstdNumber(14)},
	{Name: "zstd-15", Number: zstdNumber(15)}, {Name: "zstd-16", Number: zstdNumber(16)},
	{Name: "zstd-17", Number: zstdNumber(17)}, {Name: "zstd-18", Number: zstdNumber(18)},
	{Name: "zstd-19", Number: zstdNumber(19)},

	{Name: "zstd-fast-1", Number: zstdNumber(zstdFast)}, {Name: "zstd-fast-2", Number: zstdNumber(zstdFast + 1)},
	{Name: "zstd-fast-3", Number: zstdNumber(zstdFast + 2)}, {Name: "zstd-fast-4", Number: zstdNumber(zstdFast + 3)},
	{Name: "zstd-fast-5", Number: zstdNumber(zstdFast + 4)}, {Name: "zstd-fast-6", Number: zstdNumber(zstdFast + 5)},
	{Name: "zstd-fast-7", Number: zstdNumber(zstdFast + 6)}, {Name: "zstd-fast-8", Number: zstdNumber(zstdFast + 7)},
	{Name: "zstd-fast-9", Number: zstdNumber(zstdFast + 8)}, {Name: "zstd-fast-10", Number: zstdNumber(zstdFast + 9)},
	{Name: "zstd-fast-20", Number: zstdNumber(zstdFast + 10)}, {Name: "zstd-fast-30", Number: zstdNumber(zstdFast + 11)},
	{Name: "zstd-fast-40", Number: zstdNumber(zstdFast + 12)}, {Name: "zstd-fast-50", Number: zstdNumber(zstdFast + 13)},
	{Name: "zstd-fast-60", Number: zstdNumber(zstdFast + 14)}, {Name: "zstd-fast-70", Number: zstdNumber(zstdFast + 15)},
	{Name: "zstd-fast-80", Number: zstdNumber(zstdFast + 16)}, {Name: "zstd-fast-90", Number: zstdNumber(zstdFast + 17)},
	{Name: "zstd-fast-100", Number: zstdNumber(zstdFast + 18)}, {Name: "zstd-fast-500", Number: zstdNumber(zstdFast + 19)},
	{Name: "zstd-fast-1000", Number: zstdNumber(zstdFast + 20)},
}
