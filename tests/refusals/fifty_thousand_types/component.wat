(component
  (core module
    {50000 x (type (func)) }))
