#!/bin/sh
# Runs in the chroot: lays out /zvm/out for another machine, whose programs do not
# run here. ZVM_MODULES are the modules to load in the guest, in order of wish.
set -eu
export LC_ALL=C

version=$(cat /zvm/kernel-version)
tree=/zvm/tree
out=/zvm/out
modules=$tree/lib/modules/$version
# Some releases ship the modules below /usr/lib.
[ -d "$modules" ] || modules=$tree/usr/lib/modules/$version
base=${modules%/lib/modules/*}

rm -rf "$out"
mkdir -p "$out/modules" "$out/root/usr/bin" "$out/root/usr/sbin" "$out/root/usr/share/zfs" "$modules/extra"
find "$tree"/usr/src/zfs-*/module -name '*.ko' -exec cp -t "$modules/extra" {} +
depmod -b "$base" "$version"

# modprobe lists each module after the ones that it needs; one list for all of
# them would hold some modules twice.
for name in $ZVM_MODULES; do
	modprobe -d "$base" -S "$version" --show-depends "$name" ||
		echo "zvm: this kernel has no module $name" >&2
done >"$out/depends"
sed -n 's/^insmod \([^ ]*\).*/\1/p' "$out/depends" | awk '!seen[$0]++' >"$out/paths"
while read -r path; do
	file=$(basename "$path")
	case $file in
	*.xz) file=${file%.xz}; xz -dc "$path" >"$out/modules/$file" ;;
	*.zst) file=${file%.zst}; zstd -qdc "$path" >"$out/modules/$file" ;;
	*.gz) file=${file%.gz}; gzip -dc "$path" >"$out/modules/$file" ;;
	*) cp "$path" "$out/modules/$file" ;;
	esac
	"$ZVM_TRIPLET-strip" --strip-debug "$out/modules/$file"
	echo "$file"
done <"$out/paths" >"$out/order"
grep -qx zfs.ko "$out/order"

for file in "$tree/boot/vmlinuz-$version" "$modules/vmlinuz"; do
	[ ! -f "$file" ] || cp "$file" "$out/vmlinuz"
done
[ -f "$out/vmlinuz" ]

for name in zfs zpool zdb zinject zstream zhack; do
	for dir in usr/sbin sbin usr/bin bin; do
		if [ -f "$tree/$dir/$name" ] && [ ! -L "$tree/$dir/$name" ]; then
			cp "$tree/$dir/$name" "$out/root/usr/sbin/$name"
			break
		fi
	done
done

# Where the loader of the other machine would look.
library() {
	for dir in "/lib/$ZVM_TRIPLET" "/usr/lib/$ZVM_TRIPLET"; do
		if [ -e "$dir/$1" ]; then
			echo "$dir/$1"
			return
		fi
	done
	echo "zvm: no library $1" >&2
	return 1
}

# put PATH: copies a file to its place below root, where /bin, /sbin, /lib and
# /lib64 are links into /usr on every release.
put() {
	case $1 in
	/usr/*) target=$out/root$1 ;;
	*) target=$out/root/usr$1 ;;
	esac
	[ ! -e "$target" ] || return 0
	mkdir -p "$(dirname "$target")"
	cp -L "$1" "$target"
	needs "$1"
}

# needs PATH: puts the libraries that a program or library names, and what those
# name.
needs() {
	for name in $("$ZVM_TRIPLET-readelf" -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
		path=$(library "$name")
		put "$path"
	done
}

for program in "$out"/root/usr/sbin/*; do
	put "$("$ZVM_TRIPLET-readelf" -l "$program" | sed -n 's/.*interpreter: \(.*\)\]/\1/p')"
	needs "$program"
done
# The C library opens these two by itself: for the users' file, where it is not
# built in, and for ending a thread.
for name in libnss_files.so.2 libgcc_s.so.1; do
	path=$(library "$name")
	put "$path"
done

cp "$tree/bin/busybox" "$out/root/usr/bin/busybox" 2>/dev/null || cp "$tree/usr/bin/busybox" "$out/root/usr/bin/busybox"
# This machine's busybox is of the same source.
busybox --list >"$out/applets"
if [ -d "$tree/usr/share/zfs/compatibility.d" ]; then
	cp -rL "$tree/usr/share/zfs/compatibility.d" "$out/root/usr/share/zfs/"
fi
cp /zvm/kernel-version /zvm/zfs-version "$out/"
chmod -R a+rX "$out"
echo "zvm: $(wc -l <"$out/order") modules, $(find "$out/root/usr/sbin" -type f | wc -l) programs," \
	"$(find "$out/root/usr/lib" -name '*.so*' | wc -l) libraries"
