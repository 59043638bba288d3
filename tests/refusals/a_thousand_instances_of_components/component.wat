(component
  (component $c)
  {1000 x (instance (instantiate $c)) })
