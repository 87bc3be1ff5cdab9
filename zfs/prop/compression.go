package prop

// The numbers of compression: the low seven bits are the algorithm, the higher bits
// the level. Each level of gzip is a separate algorithm.
const (
	compressGzip  = 5 // gzip-1
	compressZstd  = 16
	compressLevel = 1 << 7

	// compressFast is the level of zstd-fast-1. The named fast levels are
	// numbered consecutively: zstd-fast-20 follows zstd-fast-10.
	compressFast = 103
)

// compressionValues are the values of compression, in the kernel's order. An
// algorithm without a level comes before the level with the same number, so that it
// is printed.
var compressionValues = []IndexValue{
	{Name: "on", Number: 1}, {Name: "off", Number: 2}, {Name: "lzjb", Number: 3},
	{Name: "gzip", Number: compressGzip + 5},
	{Name: "gzip-1", Number: compressGzip}, {Name: "gzip-2", Number: compressGzip + 1},
	{Name: "gzip-3", Number: compressGzip + 2}, {Name: "gzip-4", Number: compressGzip + 3},
	{Name: "gzip-5", Number: compressGzip + 4}, {Name: "gzip-6", Number: compressGzip + 5},
	{Name: "gzip-7", Number: compressGzip + 6}, {Name: "gzip-8", Number: compressGzip + 7},
	{Name: "gzip-9", Number: compressGzip + 8},
	{Name: "zle", Number: 14}, {Name: "lz4", Number: 15}, {Name: "zstd", Number: compressZstd},
	{Name: "zstd-fast", Number: compressZstd + compressFast*compressLevel},

	{Name: "zstd-1", Number: compressZstd + 1*compressLevel}, {Name: "zstd-2", Number: compressZstd + 2*compressLevel},
	{Name: "zstd-3", Number: compressZstd + 3*compressLevel}, {Name: "zstd-4", Number: compressZstd + 4*compressLevel},
	{Name: "zstd-5", Number: compressZstd + 5*compressLevel}, {Name: "zstd-6", Number: compressZstd + 6*compressLevel},
	{Name: "zstd-7", Number: compressZstd + 7*compressLevel}, {Name: "zstd-8", Number: compressZstd + 8*compressLevel},
	{Name: "zstd-9", Number: compressZstd + 9*compressLevel}, {Name: "zstd-10", Number: compressZstd + 10*compressLevel},
	{Name: "zstd-11", Number: compressZstd + 11*compressLevel}, {Name: "zstd-12", Number: compressZstd + 12*compressLevel},
	{Name: "zstd-13", Number: compressZstd + 13*compressLevel}, {Name: "zstd-14", Number: compressZstd + 14*compressLevel},
	{Name: "zstd-15", Number: compressZstd + 15*compressLevel}, {Name: "zstd-16", Number: compressZstd + 16*compressLevel},
	{Name: "zstd-17", Number: compressZstd + 17*compressLevel}, {Name: "zstd-18", Number: compressZstd + 18*compressLevel},
	{Name: "zstd-19", Number: compressZstd + 19*compressLevel},

	{Name: "zstd-fast-1", Number: compressZstd + compressFast*compressLevel},
	{Name: "zstd-fast-2", Number: compressZstd + (compressFast+1)*compressLevel},
	{Name: "zstd-fast-3", Number: compressZstd + (compressFast+2)*compressLevel},
	{Name: "zstd-fast-4", Number: compressZstd + (compressFast+3)*compressLevel},
	{Name: "zstd-fast-5", Number: compressZstd + (compressFast+4)*compressLevel},
	{Name: "zstd-fast-6", Number: compressZstd + (compressFast+5)*compressLevel},
	{Name: "zstd-fast-7", Number: compressZstd + (compressFast+6)*compressLevel},
	{Name: "zstd-fast-8", Number: compressZstd + (compressFast+7)*compressLevel},
	{Name: "zstd-fast-9", Number: compressZstd + (compressFast+8)*compressLevel},
	{Name: "zstd-fast-10", Number: compressZstd + (compressFast+9)*compressLevel},
	{Name: "zstd-fast-20", Number: compressZstd + (compressFast+10)*compressLevel},
	{Name: "zstd-fast-30", Number: compressZstd + (compressFast+11)*compressLevel},
	{Name: "zstd-fast-40", Number: compressZstd + (compressFast+12)*compressLevel},
	{Name: "zstd-fast-50", Number: compressZstd + (compressFast+13)*compressLevel},
	{Name: "zstd-fast-60", Number: compressZstd + (compressFast+14)*compressLevel},
	{Name: "zstd-fast-70", Number: compressZstd + (compressFast+15)*compressLevel},
	{Name: "zstd-fast-80", Number: compressZstd + (compressFast+16)*compressLevel},
	{Name: "zstd-fast-90", Number: compressZstd + (compressFast+17)*compressLevel},
	{Name: "zstd-fast-100", Number: compressZstd + (compressFast+18)*compressLevel},
	{Name: "zstd-fast-500", Number: compressZstd + (compressFast+19)*compressLevel},
	{Name: "zstd-fast-1000", Number: compressZstd + (compressFast+20)*compressLevel},
}
