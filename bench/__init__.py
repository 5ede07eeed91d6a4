"""The numbers: `make bench`, or `python -m bench --quick`.

`__main__` runs everything and prints · `services` what is measured, running · `company` the portals under load · `imports`
rows/s of CSV files · `posting` posts over HTTP · `clients` many sockets in a process of their own, `crowd` its remote
control · `delivery` how long a post takes to reach them · `baseline` the usual fan-out, to compare with · `machine` where
it ran.
"""
