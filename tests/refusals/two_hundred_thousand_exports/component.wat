(component
  (core module
    (func $f)
    {200000 x (export "#" (func $f)) }))
