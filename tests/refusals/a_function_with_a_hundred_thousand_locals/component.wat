(component
  (core module
    (func (local {100000 x i64 }))))
