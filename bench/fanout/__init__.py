"""One event to many sockets, side by side: this service's live path, other servers, and C loops as the floor.

`run` orders the rounds · `contenders` says what is compared · `measuring` is one of them with one crowd · `publishing` sends
events · `crowd` speaks with the load client, `load.c` · `tools` compiles and fetches · `report` prints. Servers have one core,
all else another (bench/README.md).
"""
