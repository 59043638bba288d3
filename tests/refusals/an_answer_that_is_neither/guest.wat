(func $misbehave (result i32)
  (i32.store8 (i32.const 131072) (i32.const 7))
  (i32.const 131072))
