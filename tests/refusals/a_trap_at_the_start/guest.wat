(func $main unreachable)
(start $main)
