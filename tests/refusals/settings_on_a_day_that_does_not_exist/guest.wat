(func $check_settings (export "jorei:rules/about@1.0.0#check-settings") (param $text i32) (param $length i32) (result i32)
  ;; from, until, how many
  (i32.store (i32.const 528) (i32.const 20250230))
  (i32.store (i32.const 532) (i32.const 21000101))
  (i32.store (i32.const 520) (i32.const 1))
  (i32.const 512))
