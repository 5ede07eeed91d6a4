"""Who Tecnovia deals with: companies, people, places."""

from __future__ import annotations

from dataclasses import dataclass

from server.demo.lines import lines, split, words


@dataclass(frozen=True, slots=True)
class Firm:
    """A company: where it is, what it does, and the language its people write in."""

    title: str
    domain: str
    industry: str
    city: str
    country: str
    language: str
    type: str = "client"


def _firm(line: str) -> Firm:
    title, domain, industry, city, country, language, *type_ = (part.strip() for part in line.split("|"))
    return Firm(title, f"{domain}.example", industry, city, country, language, *type_)


FIRMS = tuple(
    _firm(line)
    for line in lines("""
Hospital Aurora|aurora|healthcare|Bilbao|Spain|es
Textiles Quiroga|quiroga|textiles|Vigo|Spain|es
Grupo Altamar|altamar|logistics|Valparaíso|Chile|es
Universidad del Plata|uniplata|education|La Plata|Argentina|es
Clínica San Telmo|santelmo|healthcare|Buenos Aires|Argentina|es
Banco Cordillera|cordillera|banking|Santiago|Chile|es
Cementos Roca Blanca|rocablanca|construction|Alicante|Spain|es
Óptica Miralles|miralles|retail|Valencia|Spain|es
Cooperativa La Vega|lavega|food|Murcia|Spain|es
Instituto Nébula|nebula|research|Granada|Spain|es
Bodegas Ribera Alta|riberaalta|food|Logroño|Spain|es
Ayuntamiento de Peñasol|penasol|public sector|Peñasol|Spain|es
Transportes Iruña|iruna|logistics|Pamplona|Spain|es
Colegio Santa Clara|santaclara|education|Sevilla|Spain|es
Farmacias Olmedo|olmedo|retail|Valladolid|Spain|es
Hoteles Marisma|marisma|hospitality|Huelva|Spain|es
Talleres Ferrán|ferran|manufacturing|Terrassa|Spain|es
Editorial Cuatro Vientos|cuatrovientos|publishing|Barcelona|Spain|es
Aceites Sierra Mágina|sierramagina|food|Jaén|Spain|es
Náutica Levante|nautica-levante|manufacturing|Denia|Spain|es
Minera Quebrada Honda|quebradahonda|mining|Antofagasta|Chile|es
Viñedos Tres Acequias|acequias|food|Mendoza|Argentina|es
Laboratorios Rivadavia|rivadavia|healthcare|Rosario|Argentina|es
Seguros del Pacífico|delpacifico|insurance|Viña del Mar|Chile|es
Constructora Andes Sur|andessur|construction|Concepción|Chile|es
Supermercados El Roble|elroble|retail|Córdoba|Argentina|es
Radio Litoral|radiolitoral|media|Santa Fe|Argentina|es
Clínica Dental Arce|arce|healthcare|Oviedo|Spain|es
Muebles Castañer|castaner|retail|Castellón|Spain|es
Gestoría Peralta|peralta|services|Zaragoza|Spain|es
Northgate Surveyors|northgate|services|Leeds|United Kingdom|en
Harbour & Finch|harbourfinch|legal|Bristol|United Kingdom|en
Calder Valley Schools|caldervalley|education|Halifax|United Kingdom|en
Brightwater Clinics|brightwater|healthcare|Cardiff|United Kingdom|en
Oakridge Foods|oakridge|food|Norwich|United Kingdom|en
Lindholm Timber|lindholm|manufacturing|Gävle|Sweden|en
Fjord & Fell Outfitters|fjordfell|retail|Bergen|Norway|en
Skagen Shipping|skagenshipping|logistics|Aalborg|Denmark|en
Kestrel Analytics|kestrel|software|Dublin|Ireland|en
Mooreland Housing|mooreland|public sector|Belfast|United Kingdom|en
Sundborn Design|sundborn|design|Falun|Sweden|en
Penrose Insurance|penrose|insurance|London|United Kingdom|en
Halden Robotics|halden|manufacturing|Oslo|Norway|en
St Brannoc's Hospital|brannoc|healthcare|Exeter|United Kingdom|en
Greyfriars Museum|greyfriars|culture|Edinburgh|United Kingdom|en
Tidewater Energy|tidewater|energy|Aberdeen|United Kingdom|en
Malabar Textiles|malabar|textiles|Kochi|India|en
Deccan Learning|deccan|education|Pune|India|en
Ferrybank Council|ferrybank|public sector|Cork|Ireland|en
Willow Lane Veterinary|willowlane|services|York|United Kingdom|en
Distribuciones Kappa|kappa|wholesale|Madrid|Spain|es|supplier
Nortek Components|nortek|electronics|Rotterdam|Netherlands|en|supplier
Pixelia Monitores|pixelia|electronics|Barcelona|Spain|es|supplier
Cablenorte|cablenorte|electronics|Gijón|Spain|es|supplier
Vega Instalaciones|vegainst|services|Madrid|Spain|es|partner
Blue Heron Consulting|blueheron|services|Manchester|United Kingdom|en|partner
Sistemas Ábaco|abaco|software|Málaga|Spain|es|competitor
CoreLine Systems|coreline|software|Reading|United Kingdom|en|competitor
""")
)

GIVEN = {
    "es": words("""
Raúl Elena Beatriz Tomás Lucía Álvaro Inés Gonzalo Pilar Mateo Carla Joaquín Noelia Hugo Rosario Emilio Adriana
Víctor Celia Ramón Daniela Óscar Miriam Fermín Paula Ignacio Valeria Sergio Amparo Bruno Claudia Esteban
"""),
    "en": words("""
Harriet Owen Fiona Callum Ingrid Magnus Rosalind Declan Maeve Arthur Sigrid Nils Beatrix Lewis Imogen Gareth
Astrid Rohan Meera Duncan Tessa Henrik Freya Patrick Anjali Edmund
"""),
}

FAMILY = {
    "es": words("""
Montes Quiroga Lagos Herrera Castaño Benítez Arroyo Sanchis Vilanova Urrutia Figueroa Cáceres Larrañaga Domènech
Ibáñez Rosales Pizarro Echeverría Maldonado Serrano Alcaraz Bustos Cifuentes Aguirre Zamora Peñalver Robles
"""),
    "en": words("""
Ashworth Bennett Carrick Dalgaard Ellison Fairburn Grieve Holmqvist Iyer Jarvis Kinsella Lockhart Menon Nystrom
Ogilvie Pemberton Radcliffe Sorensen Thackeray Underhill Venables Whitlock Yardley
"""),
}

JOBS = {
    "es": split("""
Directora de sistemas | Jefe de compras | Responsable de informática | Gerente | Directora financiera |
Técnico de redes | Coordinadora de sedes | Administración | Director de operaciones | Jefa de proyecto
"""),
    "en": split("""
Head of IT | Purchasing manager | Operations director | Office manager | Finance director |
Network engineer | Facilities coordinator | Managing partner | Project lead | Procurement officer
"""),
}

DIALS = {
    "Spain": "+34 6",
    "Chile": "+56 9 ",
    "Argentina": "+54 9 11 ",
    "United Kingdom": "+44 77",
    "Sweden": "+46 70 ",
    "Norway": "+47 9",
    "Denmark": "+45 2",
    "Ireland": "+353 86 ",
    "India": "+91 98",
    "Netherlands": "+31 6 ",
}
"""The beginning of a phone number in each country."""

STREETS = {
    "es": split("""
Calle Mayor | Avenida del Puerto | Calle de la Paz | Polígono Los Olivos | Paseo de la Ría |
Calle San Martín | Ronda Norte
"""),
    "en": split("""
Station Road | Mill Lane | Harbour Street | Church Row | Quayside | Victoria Avenue | Foundry Park
"""),
}
