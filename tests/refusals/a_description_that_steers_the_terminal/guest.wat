;; 27 is escape, 10 is a line end
(func $describe (export "jorei:rules/about@1.0.0#describe") (result i32)
  (i32.store8 (i32.const 16) (i32.const 27))
  (i32.store8 (i32.const 17) (i32.const 10))
  (i32.const 256))
