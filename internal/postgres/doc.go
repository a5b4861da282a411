// Package postgres runs a PostgreSQL server inside a data folder, so that `waybill up` and the tests need nothing
// installed by hand.
//
// Start finds the programs (see findBinaries), makes the cluster the first time, starts the server as a child of this
// process and waits until it answers. The server listens on a Unix socket inside the data folder and nowhere else: no
// port to collide with, no password, nobody but the folder's owner gets in. On Windows it listens on 127.0.0.1 with a
// password of its own.
//
//	DataDir/
//	  lock         held while a process uses the folder: a second start is refused
//	  cluster/     PostgreSQL's own files
//	  socket/      .s.PGSQL.5432
//	  server.log   what the server says
//
// After kill -9: the server is told to stop when this process dies (Linux), and what is left of it is stopped at the
// next start, before a new server opens the cluster and replays its log. PostgreSQL refuses to run as root: there it
// runs as the user that owns the cluster, else postgres, else nobody.
package postgres
