"""Paper for drawn lab sheets: a canvas with aligned text, the words of four languages, numbers in their conventions."""

import io
from typing import NamedTuple

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
WORDS = {
    "en": {
        "test": "Test",
        "result": "Result",
        "unit": "Units",
        "ref": "Reference range",
        "flag": "Flag",
        "prev": "Previous result",
        "patient": "Patient: Mary Example",
        "born": "Date of birth: 1971-04-02",
        "id": "MRN: 00120455",
        "doctor": "Physician: Dr. A. Sample",
        "collected": "Collected: {day}",
        "received": "Received: {later}",
        "page": "Page {n} of {of}",
        "blood": "HEMATOLOGY",
        "serum": "Serum chemistry",
        "urine": "URINALYSIS",
        "address": "12 Mill Lane, 55407 Springfield   Tel. 555 0100",
        "title": "Laboratory report",
        "comment": "Comment: values above 126 mg/dL on two days speak for diabetes.",
        "note": "* sample slightly hemolysed, interpret with care",
        "outside": "* outside the reference range",
        "all": "All values in {unit}",
        "male": "Male: ",
        "female": "Female: ",
        "lab": "Lab number 4711 2231",
    },
    "de": {
        "test": "Untersuchung",
        "result": "Ergebnis",
        "unit": "Einheit",
        "ref": "Referenzbereich",
        "flag": "Bewertung",
        "prev": "Vorwert",
        "patient": "Patient: Erika Beispiel",
        "born": "Geburtsdatum: 02.04.1971",
        "id": "Fallnummer: 00120455",
        "doctor": "Einsender: Dr. A. Muster",
        "collected": "Entnahme: {day}",
        "received": "Eingang: {later}",
        "page": "Seite {n} von {of}",
        "blood": "HÄMATOLOGIE",
        "serum": "Klinische Chemie (Serum)",
        "urine": "URINSTATUS",
        "address": "Mühlweg 12, 80331 München   Tel. 089 555010",
        "title": "Laborbefund",
        "comment": "Kommentar: Werte über 126 mg/dl an zwei Tagen sprechen für Diabetes.",
        "note": "* Probe leicht hämolytisch, Wert unter Vorbehalt",
        "outside": "* außerhalb des Referenzbereichs",
        "all": "Alle Werte in {unit}",
        "male": "Männer: ",
        "female": "Frauen: ",
        "lab": "Auftragsnummer 4711 2231",
    },
    "es": {
        "test": "Prueba",
        "result": "Resultado",
        "unit": "Unidades",
        "ref": "Valores de referencia",
        "flag": "Indicador",
        "prev": "Resultado anterior",
        "patient": "Paciente: María Ejemplo",
        "born": "Fecha de nacimiento: 02/04/1971",
        "id": "NHC: 00120455",
        "doctor": "Médico: Dr. A. Muestra",
        "collected": "Fecha de toma: {day}",
        "received": "Fecha de recepción: {later}",
        "page": "Página {n} de {of}",
        "blood": "HEMATOLOGÍA",
        "serum": "Bioquímica (suero)",
        "urine": "ORINA",
        "address": "Calle Mayor 12, 28013 Madrid   Tel. 91 555 010",
        "title": "Informe de laboratorio",
        "comment": "Comentario: valores por encima de 126 mg/dL en dos días indican diabetes.",
        "note": "* muestra ligeramente hemolizada, interpretar con cautela",
        "outside": "* fuera del intervalo de referencia",
        "all": "Todos los valores en {unit}",
        "male": "Hombres: ",
        "female": "Mujeres: ",
        "lab": "Petición 4711 2231",
    },
    "fr": {
        "test": "Analyse",
        "result": "Résultat",
        "unit": "Unité",
        "ref": "Valeurs de référence",
        "flag": "Alerte",
        "prev": "Antériorité",
        "patient": "Patient : Marie Exemple",
        "born": "Date de naissance : 02/04/1971",
        "id": "Dossier : 00120455",
        "doctor": "Prescripteur : Dr A. Modèle",
        "collected": "Prélevé le {day}",
        "received": "Reçu le {later}",
        "page": "Page {n} sur {of}",
        "blood": "HÉMATOLOGIE",
        "serum": "Biochimie (sérum)",
        "urine": "URINES",
        "address": "12 rue du Moulin, 75011 Paris   Tél. 01 55 50 10",
        "title": "Compte rendu d'analyses",
        "comment": "Commentaire : des valeurs au-dessus de 126 mg/dL sur deux jours évoquent un diabète.",
        "note": "* échantillon légèrement hémolysé, à interpréter avec prudence",
        "outside": "* hors de l'intervalle de référence",
        "all": "Toutes les valeurs en {unit}",
        "male": "Hommes : ",
        "female": "Femmes : ",
        "lab": "Demande 4711 2231",
    },
}
FLAGS = {
    "en": {"H": "H", "L": "L"},
    "de": {"H": "+", "L": "-"},
    "es": {"H": "Alto", "L": "Bajo"},
    "fr": {"H": "H", "L": "L"},
}


class Text(NamedTuple):
    """A cell to draw: its words, where its column stands, and how it is aligned."""

    text: str
    x: float
    align: str = "left"


class Paper:
    """Pages of text from the top down. Places are points from the top left."""

    def __init__(self, size: float = 9, font: str = "Helvetica", width: float = WIDTH, height: float = HEIGHT) -> None:
        self.file = io.BytesIO()
        self.canvas = Canvas(self.file, pagesize=(width, height), invariant=1)
        self.size, self.font, self.height, self.y = size, font, height, 40.0

    def text(self, cell: Text, y: float | None = None, size: float | None = None, bold: bool = False) -> None:
        font, size = self.font.replace("-Roman", "") + "-Bold" if bold else self.font, size or self.size
        self.canvas.setFont(font, size)
        wide = stringWidth(cell.text, font, size)
        left = cell.x - {"left": 0.0, "right": wide, "center": wide / 2}[cell.align]
        self.canvas.drawString(left, self.height - (self.y if y is None else y), cell.text)

    def line(self, *cells: Text, step: float = 14, bold: bool = False, size: float | None = None) -> None:
        """One line of cells, and on to the next."""
        for cell in cells:
            self.text(cell, bold=bold, size=size)
        self.y += step

    def rule(self, left: float, right: float) -> None:
        self.canvas.line(left, self.height - self.y + self.size, right, self.height - self.y + self.size)

    def new_page(self) -> None:
        self.canvas.showPage()
        self.y = 40.0

    def done(self) -> bytes:
        self.canvas.save()
        return self.file.getvalue()


def number(value: float, decimals: int, language: str, grouped: bool = False) -> str:
    """A number as the language prints it; `grouped`: its thousands parted."""
    text = f"{value:,.{decimals}f}" if grouped else f"{value:.{decimals}f}"
    if language == "en":
        return text
    thousands = {"de": ".", "es": ".", "fr": " "}[language]
    return text.replace(",", "\0").replace(".", ",").replace("\0", thousands)


def day_printed(day: str, language: str) -> str:
    year, month, date = day.split("-")
    return {"en": day, "de": f"{date}.{month}.{year}", "es": f"{date}/{month}/{year}", "fr": f"{date}/{month}/{year}"}[
        language
    ]
