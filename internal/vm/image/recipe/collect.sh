#!/bin/sh
# Runs in the chroot: lays out /zvm/out, from which the image is packed.
# ZVM_MODULES are the modules to load in the guest, in order of wish.
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
mkdir -p "$out/modules" "$modules/extra"
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
	strip --strip-debug "$out/modules/$file"
	echo "$file"
done <"$out/paths" >"$out/order"

for file in "$tree/boot/vmlinuz-$version" "$modules/vmlinuz"; do
	[ ! -f "$file" ] || cp "$file" "$out/vmlinuz"
done
[ -f "$out/vmlinuz" ]

# put PATH: copies a file to its place below root, where /bin, /sbin, /lib and
# /lib64 are links into /usr on every release.
put() {
	case $1 in
	/usr/*) target=$out/root$1 ;;
	*) target=$out/root/usr$1 ;;
	esac
	mkdir -p "$(dirname "$target")"
	cp -L "$1" "$target"
}

for name in zfs zpool zdb zinject zstream zhack; do
	for dir in usr/sbin sbin usr/bin bin; do
		if [ -f "$tree/$dir/$name" ] && [ ! -L "$tree/$dir/$name" ]; then
			cp "$tree/$dir/$name" "/usr/sbin/$name"
			put "/usr/sbin/$name"
			break
		fi
	done
done

# Every library that the loader names for the programs, and two that the C
# library opens by itself: for the users' file and for ending a thread.
ldd "$out"/root/usr/sbin/* 2>/dev/null |
	sed -n -e 's/.*=> \(\/[^ ]*\) .*/\1/p' -e 's/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' |
	sort -u >"$out/libraries"
for name in libnss_files.so.2 libgcc_s.so.1; do
	for dir in /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu; do
		[ ! -e "$dir/$name" ] || echo "$dir/$name"
	done
done >>"$out/libraries"
while read -r path; do
	put "$path"
done <"$out/libraries"

mkdir -p "$out/root/usr/bin" "$out/root/usr/share/zfs"
cp "$(command -v busybox)" "$out/root/usr/bin/busybox"
busybox --list >"$out/applets"
if [ -d "$tree/usr/share/zfs/compatibility.d" ]; then
	cp -rL "$tree/usr/share/zfs/compatibility.d" "$out/root/usr/share/zfs/"
fi
cp /zvm/kernel-version /zvm/zfs-version "$out/"
chmod -R a+rX "$out"
echo "zvm: $(wc -l <"$out/order") modules, $(find "$out/root/usr/sbin" -type f | wc -l) programs," \
	"$(sort -u "$out/libraries" | wc -l) libraries"
