(component
  (core module
    {100 x (table 1 funcref) }))
