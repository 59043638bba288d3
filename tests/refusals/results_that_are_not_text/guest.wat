(func $misbehave (result i32)
  ;; results: place, number
  (i32.store (i32.const 1032) (i32.const 131072))
  (i32.store (i32.const 1036) (i32.const 1))
  (i32.store (i32.const 131072) (i32.const 1300))
  (i32.store (i32.const 131076) (i32.const 2))
  (i32.store16 (i32.const 1300) (i32.const 0xc0c0))
  (i32.const 1024))
