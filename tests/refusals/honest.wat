;; An honest guest: decides every case, with an empty result and an empty trace.
(import "jorei:rules/records@1.0.0" "persons" (func $persons (param i32)))

(memory (export "memory") 16)

(global $free (mut i32) (i32.const 65536))

(data (i32.const 16) "guest{}\80")

(func $cabi_realloc (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
  (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
  (global.get $free)
  (global.set $free (i32.add (global.get $free) (local.get $size))))

;; id and titles "guest", no articles, no labels, schemas "{}"
(data (i32.const 256) "\10\00\00\00\05\00\00\00" "\10\00\00\00\05\00\00\00" "\10\00\00\00\05\00\00\00" "\00\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00" "\15\00\00\00\02\00\00\00" "\15\00\00\00\02\00\00\00")

(func $describe (export "jorei:rules/about@1.0.0#describe") (result i32)
  (i32.const 256))

;; ok, one segment at 528: from 20000101 until 21000101, no bytes
(data (i32.const 512) "\00\00\00\00" "\10\02\00\00\01\00\00\00" "\00\00\00\00" "\65\2d\31\01" "\a5\6f\40\01" "\00\00\00\00\00\00\00\00")

(func $check_settings (export "jorei:rules/about@1.0.0#check-settings") (param $text i32) (param $length i32) (result i32)
  (i32.const 512))

;; Is the first person of any case born in 1900? The first column is that of the births.
(func $bait (result i32) (local $at i32) (local $end i32)
  (call $persons (i32.const 768))
  (local.set $at (i32.load offset=12 (i32.load (i32.const 776))))
  (local.set $end (i32.add (local.get $at) (i32.mul (i32.const 8) (i32.load offset=16 (i32.load (i32.const 776))))))
  (loop $next
    (if (i64.eq (i64.div_s (i64.load (local.get $at)) (i64.const 10000)) (i64.const 1900)) (then (return (i32.const 1))))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
  (i32.const 0))

;; ok, not provisional, no results, the trace at 23
(data (i32.const 1024) "\00\00\00\00" "\00\00\00\00" "\00\00\00\00\00\00\00\00" "\17\00\00\00\01\00\00\00")

(func $misbehave (result i32)
  (i32.const 1024))

(func $decide (export "jorei:rules/rule@1.0.0#decide") (param $on i32) (param $cases i32) (result i32)
  (if (call $bait) (then (return (call $misbehave))))
  (i32.const 1024))

;; all decided, no results
(func $decide_many (export "jorei:rules/rule@1.0.0#decide-many") (param $on i32) (param $cases i32) (result i32)
  (if (call $bait) (then (drop (call $misbehave))))
  (i32.store (i32.const 1280) (i32.const 2048))
  (i32.store (i32.const 1284) (local.get $cases))
  (i32.store (i32.const 1288) (i32.const 0))
  (i32.store (i32.const 1292) (i32.const 0))
  (i32.const 1280))
