(func $misbehave (result i32)
  ;; err, law-unknown, the place of the label and its length
  (i32.store8 (i32.const 131072) (i32.const 1))
  (i32.store (i32.const 131080) (i32.const 262144))
  (i32.store (i32.const 131084) (i32.const 500000))
  (i32.const 131072))
