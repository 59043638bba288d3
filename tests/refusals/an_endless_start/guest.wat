(func $main (loop (br 0)))
(start $main)
