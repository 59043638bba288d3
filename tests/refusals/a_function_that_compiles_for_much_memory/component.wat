(component
  (core module
    (func (export "f") (param i32) (local {9000 x i32 })
      {300 x loop }
      {9000 x local.get # i32.const 1 i32.add local.set #
      }
      {300 x local.get 0 br_if 0 end })))
