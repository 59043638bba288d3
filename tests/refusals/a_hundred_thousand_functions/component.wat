(component
  (core module
    {100000 x (func) }))
