(component
  (core module
    (memory 1)
    {50000 x (data "") }))
