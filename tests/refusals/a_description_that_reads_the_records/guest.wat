(func $describe (export "jorei:rules/about@1.0.0#describe") (result i32)
  (call $persons (i32.const 768))
  (i32.const 256))
