(func $check_settings (export "jorei:rules/about@1.0.0#check-settings") (param $text i32) (param $length i32) (result i32)
  (if (i32.gt_u (local.get $length) (i32.const 2)) (then unreachable))
  (i32.const 512))
