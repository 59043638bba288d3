(table funcref (elem $misbehave))
(func $misbehave (result i32)
  (call_indirect (param i64) (result i64) (i64.const 0) (i32.const 0))
  (i32.wrap_i64))
