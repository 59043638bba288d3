(component
  (core module $m)
  {1000 x (core instance (instantiate $m)) })
