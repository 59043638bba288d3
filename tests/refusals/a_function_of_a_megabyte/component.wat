(component
  (core module
    (func (export "f")
      {600000 x nop nop } unreachable)))
