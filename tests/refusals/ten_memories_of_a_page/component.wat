(component
  {10 x (core module (memory 1)) })
