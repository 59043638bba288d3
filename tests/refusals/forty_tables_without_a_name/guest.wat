(func $misbehave (result i32)
  ;; results: place, number; all zeroes
  (i32.store (i32.const 1032) (i32.const 131072))
  (i32.store (i32.const 1036) (i32.const 40))
  (i32.const 1024))
