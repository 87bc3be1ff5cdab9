package ioctl

// Field names one member of struct zfs_cmd.
type Field uint8

// The members of struct zfs_cmd that callers fill or read. The pointers and
// sizes of the four lists are not included: Call sets those.
const (
	FieldName         Field = iota // zc_name: the target, in and out in walks
	FieldValue                     // zc_value: second name, property, path
	FieldString                    // zc_string: origin, conflicting snapshot
	FieldGUID                      // zc_guid
	FieldCookie                    // zc_cookie: cursor, command, flags
	FieldObjsetType                // zc_objset_type
	FieldPermAction                // zc_perm_action
	FieldHistoryLen                // zc_history_len: bytes
	FieldHistoryOff                // zc_history_offset: bytes
	FieldObj                       // zc_obj: object number
	FieldObjsetStats               // zc_objset_stats: 288 bytes
	FieldBeginRecord               // zc_begin_record: 304 bytes
	FieldInjectRecord              // zc_inject_record: 352 bytes, 368 since 2.4
	FieldDeferDestroy              // zc_defer_destroy
	FieldFlags                     // zc_flags
	FieldActionHandle              // zc_action_handle
	FieldCleanupFD                 // zc_cleanup_fd: a descriptor of /dev/zfs
	FieldSimple                    // zc_simple: names and numbers only
	FieldSendObj                   // zc_sendobj
	FieldFromObj                   // zc_fromobj
	FieldCreateTxg                 // zc_createtxg
	FieldStat                      // zc_stat: 40 bytes
	FieldZoneID                    // zc_zoneid: FreeBSD's jail id
	fieldSrc                       // zc_nvlist_src
	fieldSrcSize                   // zc_nvlist_src_size
	fieldDst                       // zc_nvlist_dst
	fieldDstSize                   // zc_nvlist_dst_size
	fieldDstFilled                 // zc_nvlist_dst_filled
	fieldConf                      // zc_nvlist_conf
	fieldConfSize                  // zc_nvlist_conf_size
	fieldHistory                   // zc_history
	numFields
)

// place is the offset and size of a field in the layout of all releases except
// 2.3.1.
type place struct {
	c      string
	offset int
	size   int
}

// A fixed array documents the structure, and a lookup costs one index.
var places = [numFields]place{
	FieldName:         {"zc_name", 0, 4096},
	fieldSrc:          {"zc_nvlist_src", 4096, 8},
	fieldSrcSize:      {"zc_nvlist_src_size", 4104, 8},
	fieldDst:          {"zc_nvlist_dst", 4112, 8},
	fieldDstSize:      {"zc_nvlist_dst_size", 4120, 8},
	fieldDstFilled:    {"zc_nvlist_dst_filled", 4128, 4},
	fieldHistory:      {"zc_history", 4136, 8},
	FieldValue:        {"zc_value", 4144, 8192},
	FieldString:       {"zc_string", 12336, 256},
	FieldGUID:         {"zc_guid", 12592, 8},
	fieldConf:         {"zc_nvlist_conf", 12600, 8},
	fieldConfSize:     {"zc_nvlist_conf_size", 12608, 8},
	FieldCookie:       {"zc_cookie", 12616, 8},
	FieldObjsetType:   {"zc_objset_type", 12624, 8},
	FieldPermAction:   {"zc_perm_action", 12632, 8},
	FieldHistoryLen:   {"zc_history_len", 12640, 8},
	FieldHistoryOff:   {"zc_history_offset", 12648, 8},
	FieldObj:          {"zc_obj", 12656, 8},
	FieldObjsetStats:  {"zc_objset_stats", 12704, 288},
	FieldBeginRecord:  {"zc_begin_record", 12992, 304},
	FieldInjectRecord: {"zc_inject_record", 13296, 352},
	FieldDeferDestroy: {"zc_defer_destroy", 13648, 4},
	FieldFlags:        {"zc_flags", 13652, 4},
	FieldActionHandle: {"zc_action_handle", 13656, 8},
	FieldCleanupFD:    {"zc_cleanup_fd", 13664, 4},
	FieldSimple:       {"zc_simple", 13668, 1},
	FieldSendObj:      {"zc_sendobj", 13672, 8},
	FieldFromObj:      {"zc_fromobj", 13680, 8},
	FieldCreateTxg:    {"zc_createtxg", 13688, 8},
	FieldStat:         {"zc_stat", 13696, 40},
	FieldZoneID:       {"zc_zoneid", 13736, 8},
}

// String returns the member's name in C.
func (f Field) String() string {
	if f >= numFields {
		return "zc_unknown"
	}
	return places[f].c
}
