"""The two tables of recommend: who took what and when, and what the items are; and their usual names."""

from __future__ import annotations

from stepladder.core.table import Column, TableSpec

PERSON = (
    "person_id", "user_id", "userid", "customer_id", "customerid", "member_id", "visitor_id",
    "account_id", "reviewer_id", "listener_id", "viewer_id", "reader_id", "buyer_id", "shopper_id",
    "cust_id", "client_id", "profile_id", "session_id", "user", "customer", "member", "visitor",
    "account", "reviewer", "listener", "viewer", "reader", "buyer", "shopper", "client", "uid", "cust",
    "user_name", "username", "kunde", "kundennummer", "kunden_id", "nutzer", "nutzer_id", "benutzer",
    "cliente", "id_cliente", "usuario", "usuario_id", "utilisateur", "numero_client", "utente",
    "klant", "klantnummer", "gebruiker", "klient", "email",
)  # fmt: skip
ITEM = (
    "item_id", "itemid", "product_id", "productid", "stockcode", "stock_code", "sku", "sku_id",
    "movie_id", "movieid", "film_id", "track_id", "song_id", "book_id", "isbn", "asin", "article_id",
    "game_id", "video_id", "anime_id", "recipe_id", "business_id", "course_id", "show_id", "content_id",
    "app_id", "artist_id", "album_id", "news_id", "listing_id", "venue_id", "parent_asin", "ean", "gtin",
    "upc", "product", "movie", "film", "track", "song", "book", "article", "game", "video", "recipe",
    "show", "artist", "album", "course", "article_no", "item_code", "product_code", "iid",
    "artikel", "artikelnummer", "artikel_nr", "artikel_id", "produkt", "produkt_id", "produit",
    "produit_id", "producto", "producto_id", "id_producto", "articulo", "prodotto", "articolo",
    "produto", "artikelnr", "track_name", "song_name", "artist_name", "product_name", "item_name",
)  # fmt: skip
TIME = (
    "timestamp", "datetime", "date", "ts", "event_time", "created_at", "invoicedate", "invoice_date",
    "order_date", "purchase_date", "transaction_date", "rated_at", "played_at", "viewed_at",
    "watched_at", "read_at", "listened_at", "unix_time", "unixtime", "unixreviewtime", "review_time",
    "review_date", "order_timestamp", "purchase_timestamp", "utc_time", "dt", "day", "date_added",
    "t_dat", "zeit", "zeitpunkt", "datum", "bestelldatum", "kaufdatum", "fecha", "data", "horodatage",
    "date_commande", "date_achat", "besteldatum", "tijd", "tijdstip", "hora",
)  # fmt: skip
VALUE = (
    "rating", "score", "stars", "plays", "play_count", "playcount", "listens", "views", "quantity",
    "qty", "count", "overall", "weight", "times", "clicks", "n", "hours", "minutes", "amount",
    "bewertung", "sterne", "menge", "anzahl", "note", "quantité", "cantidad", "puntuacion",
    "calificacion", "valoracion", "voto", "valutazione", "quantità", "aantal", "beoordeling",
    "quantidade", "nota", "ocena", "antal",
)  # fmt: skip
TITLE = (
    "name", "description", "product_name", "item_name", "product_title", "movie_title", "film_title",
    "book_title", "song_title", "track_name", "song_name", "artist_name", "album_name", "prod_name",
    "headline", "label", "item_description", "product_description", "titel", "bezeichnung",
    "beschreibung", "artikelbezeichnung", "produktname", "artikelname", "titre", "nom", "libellé",
    "désignation", "titulo", "nombre", "descripcion", "titolo", "nome", "descrizione", "naam",
    "omschrijving", "descrição", "tytuł", "nazwa",
)  # fmt: skip
INTERACTIONS = TableSpec(
    "interactions",
    (
        Column("person", "id", True, PERSON, "who bought, rated, played or read"),
        Column("item", "id", True, ITEM, "what it was"),
        Column(
            "time", "time", True, TIME,
            "when it was: without it nobody can tell what was known before what, and a rung would "
            "be examined on what it has already seen",
        ),
        Column("value", "amount", False, VALUE, "how much of it: a rating, a number of plays or pieces"),
    ),
    key=("person", "item"),
    time="time",
    outcomes=True,
)  # fmt: skip
ITEMS = TableSpec(
    "items",
    (
        Column("item", "id", True, ITEM, "the item, as in the interactions"),
        Column("title", "text", False, TITLE, "what people call it"),
    ),
    key=("item",),
    time=None,
    rest=True,
    unique=True,
    within="interactions",
)
