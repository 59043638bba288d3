(func $check_settings (export "jorei:rules/about@1.0.0#check-settings") (param $text i32) (param $length i32) (result i32)
  ;; err, no problem
  (i32.store8 (i32.const 512) (i32.const 1))
  (i32.store (i32.const 520) (i32.const 0))
  (i32.const 512))
