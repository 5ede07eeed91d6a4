"""What Tecnovia sells: the catalogue, and what a deal is called that is made of it."""

from __future__ import annotations

from server.demo.lines import split

CATALOGUE = (
    ("Laptop L14, 16 GB", "Laptops", "1149"),
    ("Laptop L14 Plus, 32 GB", "Laptops", "1489"),
    ("Convertible C13", "Laptops", "1299"),
    ("Workstation W7", "Desktops", "2190"),
    ("Mini PC M2", "Desktops", "589"),
    ("Dock 4K Pro", "Accessories", "219"),
    ('Monitor 27", USB-C', "Displays", "349"),
    ('Meeting-room display 75"', "Displays", "2390"),
    ('Till terminal T4, 15"', "Point of sale", "1240"),
    ("Receipt printer, Ethernet", "Point of sale", "189"),
    ("Ward tablet, antibacterial", "Tablets", "779"),
    ("Rack server R2", "Servers", "5980"),
    ("Storage array S12", "Servers", "12900"),
    ("UPS 3000 VA", "Servers", "1190"),
    ("Switch 48 ports, PoE", "Network", "1690"),
    ("Access point Wi-Fi 7", "Network", "310"),
    ("Firewall F100", "Network", "2450"),
    ("Label printer, industrial", "Printing", "1390"),
    ("Installation, day", "Services", "620"),
    ("Maintenance, year", "Services", "1800"),
)
"""Name, series, price in euros."""

DEALS = {
    "es": split("""
{n} portátiles y bases | {n} estaciones de trabajo | Renovación de red |
Servidores de la sede de {city} | Terminales de caja, {m} tiendas | Tabletas de planta, 2.ª fase |
Wi-Fi en {m} edificios | Copias de seguridad | Aulas de informática | Mantenimiento anual |
Salas de reuniones | Cortafuegos y acceso remoto | Puestos de la oficina de {city} |
Impresoras de almacén | Cabina de almacenamiento | Alquiler de {n} portátiles | Traslado del CPD |
Monitores para diseño
"""),
    "en": split("""
{n} laptops and docks | {n} workstations | Network renewal | Rack servers, {city} site |
Till terminals, {m} shops | Ward tablets, 2nd phase | Wi-Fi for {m} buildings | Off-site backup |
Computer rooms | Yearly maintenance | Meeting rooms | Firewall and remote access |
Desks for the {city} office | Warehouse label printers | Storage array | Lease of {n} laptops |
Data-centre move | Monitors for the studio
"""),
}

WANTS = {
    "es": split("""
Presupuesto de {m} portátiles | Consulta sobre Wi-Fi | Cambio de servidores | Pide visita técnica |
Cajas para {m} tiendas | Interés en mantenimiento | Equipos para una escuela | Renovación de monitores |
Telefonía y red | Copias en la nube
"""),
    "en": split("""
Quote for {m} laptops | Question about Wi-Fi | New servers | Asks for a site visit |
Tills for {m} shops | Interested in maintenance | Computers for a school | Monitor refresh |
Phones and network | Cloud backup
"""),
}
"""What a lead asks for."""
