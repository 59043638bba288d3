(func $misbehave (result i32)
  (loop $again
    (global.set $free (i32.const 65536))
    (call $persons (i32.const 768))
    (br $again))
  unreachable)
