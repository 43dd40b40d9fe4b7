#!/bin/sh
# The steps of ../backup and ../restore that happen in a container of PostgreSQL.
set -eu
case "$1" in
  save) # FOLDER: all databases at one point of the log, verified, as FOLDER/postgres.tar
    umask 077
    # Through the socket, which only containers with its volume have.
    pg_basebackup --host /var/run/postgresql --username postgres --pgdata "$2/postgres" \
      --format plain --wal-method stream --checkpoint fast
    pg_verifybackup --quiet "$2/postgres"
    tar -C "$2/postgres" -cf "$2/postgres.tar" .
    rm -rf "$2/postgres"
    ;;
  is-empty)
    [ ! -e "$PGDATA/PG_VERSION" ]
    ;;
  put) # FILE: instead of what is there
    find "$PGDATA" -mindepth 1 -delete
    tar -C "$PGDATA" -xf "$2"
    chown -R postgres:postgres "$PGDATA"
    chmod 700 "$PGDATA"
    sync
    ;;
esac
