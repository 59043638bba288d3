(func $misbehave (result i32)
  ;; results: place, number
  (i32.store (i32.const 1032) (i32.const 131072))
  (i32.store (i32.const 1036) (i32.const 1000000000))
  (i32.const 1024))
