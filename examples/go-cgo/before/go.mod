module example.com/soundalike

go 1.24
