module turash.example/peer

go 1.19
