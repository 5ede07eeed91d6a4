"""What the people of Tecnovia write in Spanish, one text a line; `¶` ends a line within a text.

Slots: `{c}` a client's name, `{co}` their company, `{p}` a product, `{n}` `{m}` numbers, `{d}` a day, `{u}` a mention of a
colleague, `{r}` a mention of the record, `{me}` the author.
"""

from __future__ import annotations

from server.demo.lines import lines

MESSAGES = lines("""
{co} dio por buena la prueba piloto esta mañana. Quieren {n} unidades en dos entregas.
{c} pide que el plazo de entrega quede por escrito antes de firmar.
He pasado por {co}: la sala técnica es más pequeña de lo que decía el plano, el armario tendrá que ser de 24U.
{u} ¿puedes revisar los portes de {r}? Me parece que cobramos dos veces la descarga.
Compras de {co} compara con otro proveedor; nos sacan un 4 % en el precio, pero tardan seis semanas.
Buenas noticias: {c} confirma el presupuesto y quiere empezar el {d}.
Ojo con {co}: el pedido llega con la dirección de la sede antigua.
El {p} está agotado hasta dentro de {m} días. Propongo ofrecer el modelo superior al mismo precio.
{c} ha llamado dos veces. Necesita la ficha técnica del {p} en inglés para su central.
La instalación de {co} terminó sin incidencias; falta la firma del acta.
¿Alguien sabe quién llevó el mantenimiento de {co} el año pasado? No encuentro el contrato.
{u} te paso a {c}: quiere hablar de seguridad antes de decidir.
Acordado con {c}: pago a 45 días y una sola factura.
El concurso de {co} se publica el {d}. Habría que tener lista la memoria técnica.
Cambio de interlocutor en {co}: a partir de ahora hablamos con {c}.
Me piden descuento por volumen en {r}. Con {n} unidades podríamos bajar un 3 %.
{co} abre otra sede y quiere el mismo equipamiento; es casi una copia del pedido anterior.
Se ha roto la pantalla de {m} equipos en el transporte. Seguro avisado, reposición el {d}.
{c} insiste en que las bases sean del modelo 4K. Ya lo tenía en la oferta, pero no lo había visto.
Dejo aquí el resumen de la visita:¶- red: {m} plantas, fibra entre ellas¶- puestos: unos {n}¶- decisión: antes de fin de mes
La demostración del {p} gustó mucho. Solo preguntaron por la garantía.
{co} no renueva este año. Motivo: recortes, nada que ver con el servicio.
{u} el cliente pregunta si podemos formar a sus técnicos. ¿Tenemos hueco el {d}?
Revisada la lista de precios con el mayorista; {r} mejora un par de puntos.
{c} quiere ver una instalación parecida antes de decidir. ¿Le enseñamos la de Logroño?
Factura final de {co} emitida. Si no hay sorpresas, cerramos esta semana.
El director de {co} pide una reunión corta, sin diapositivas: precio, plazo y quién responde si algo falla.
Nos han cambiado el calendario: {co} necesita los primeros {m} equipos el {d}.
Me llega por un compañero que {co} habla también con la competencia. Conviene llamar hoy.
Acta de entrega firmada por {c}. Gracias a todos, ha salido redondo.
Hay que pedir licencia de obra para pasar el cable en {co}; tarda unos {m} días.
He corregido el importe de {r}: faltaba la instalación.
""")

MORE = lines("""
Lo hablamos mañana.
¿Lo ves bien?
Avisad si cambia algo.
Queda pendiente el seguro de transporte.
Yo me encargo de responder.
Prefieren que les llamemos por la tarde.
He dejado los planos en la carpeta del cliente.
Sin prisa, pero antes del {d}.
Con esto deberíamos llegar al objetivo del trimestre.
Si hace falta, voy yo a verlos.
No les digáis todavía nada del plazo.
El contacto técnico es {c}.
Habría que contarlo en la reunión del lunes.
El margen aguanta, pero justo.
Gracias por la ayuda.
""")

COMMENTS = lines("""
Hecho.
Me parece bien, adelante.
Lo miro hoy y te digo.
Portes partidos sí, pero yo dejaría una sola factura.
Acabo de hablar con {c}: de acuerdo en todo.
Tenemos {m} unidades en Bilbao, el resto llega el jueves.
¿Y si les ofrecemos alquiler?
No lo veo claro, el plazo es muy corto.
{u} ¿puedes confirmarlo?
Añadido a la oferta.
Les llamo a las doce.
Con el modelo nuevo ganamos garantía y casi no cambia el precio.
Ya está pedido al mayorista.
Falta el CIF correcto en la ficha.
¡Enhorabuena!
Gran trabajo.
Esperad a que vuelva del cliente y os cuento.
Nos piden lo mismo que el año pasado, tengo la plantilla.
Cuidado con el IVA, son de Canarias.
Lo paso a la reunión de operaciones.
El transportista confirma el {d}.
Perfecto, gracias.
Yo bajaría un poco la instalación y mantendría el resto.
De acuerdo con {u}.
Mandado por correo hace un momento.
¿Tenemos el plano actualizado?
Queda reservado el material.
El cliente prefiere Teams.
Ok, cierro la tarea entonces.
No hay stock hasta el mes que viene.
Puedo ir yo el {d} si nadie puede.
Recibido el pedido firmado.
""")

TASKS = lines("""
Enviar el acuerdo firmado
Preparar la oferta revisada
Pedir la ficha técnica del {p}
Comprobar el stock de {p}
Confirmar la fecha de instalación
Reclamar la factura pendiente
Actualizar los datos de facturación
Revisar el contrato de mantenimiento
Montar el equipo de demostración
Pedir precio de {n} unidades al mayorista
Recoger los equipos averiados
Configurar {m} portátiles de muestra
Mandar referencias de otros clientes
Cerrar el acta de entrega
Preparar la memoria del concurso
Buscar técnico para el {d}
Calcular los portes a la segunda sede
Dar de alta al cliente en el portal
Pasar la garantía del {p} al fabricante
Traducir la propuesta al inglés
""")

MEETINGS = lines("""
Calendario de entregas y muelle de descarga
Presentación de la oferta
Visita técnica a la sede
Demostración del {p}
Seguimiento del proyecto
Negociación del contrato
Arranque de la instalación
Repaso de incidencias
Firma del pedido
Formación de usuarios
""")

CALLS = lines("""
Hablar de las condiciones de pago
Confirmar la visita del {d}
Responder a las dudas técnicas
Preguntar por la decisión
Aclarar la dirección de entrega
Ofrecer la renovación
Agradecer el pedido
Resolver la incidencia del {p}
Primera toma de contacto
Avisar del retraso del transporte
Pedir el visto bueno del presupuesto
Comentar el precio de {n} unidades
""")

MAILS = lines("""
Oferta revisada, entrega en dos partes
Ficha técnica del {p}
Confirmación de la visita
Condiciones de pago
Plano de la instalación
Factura y albarán
Respuesta a sus preguntas
Propuesta de mantenimiento
Fechas disponibles para la instalación
Garantía del {p}
Documentación del concurso
Próximos pasos
""")

BODIES = lines("""
Tal como hablamos, adjunto la propuesta con las dos fechas de entrega. El precio por unidad no cambia.
Le confirmo que nuestro técnico pasará el {d} por la mañana. Necesitará acceso a la sala de comunicaciones.
Respondo a sus preguntas: la garantía del {p} es de tres años y la sustitución se hace en el sitio.
Hemos revisado el presupuesto de {n} unidades y podemos mantener el descuento hasta fin de mes.
Le envío el plano con la situación de los armarios. Si lo ven bien, pedimos el material esta semana.
Gracias por su confianza. La factura va en este correo; el albarán firmado lo tiene {c}.
Siento el retraso del transporte: los equipos llegarán el {d} y no tendrá coste para ustedes.
Para avanzar solo nos falta el visto bueno de compras. ¿Podemos ayudar con algún documento?
""")

DETAILS = lines("""
Comentar antes con compras.
El cliente prefiere la mañana.
Llevar dos copias impresas.
Ver las notas de la última visita.
Incluir el transporte y la retirada de los equipos viejos.
Confirmar con {u} antes de responder.
Plazo máximo: final de mes.
-
Hay que entrar por el muelle de la calle de atrás.
La persona que decide es {c}.
-
-
""")

RESULTS = lines("""
De acuerdo en todo, envían el pedido.
No contesta, se intenta mañana.
Pide {m} días para decidir.
Hecho, sin novedad.
Quieren una segunda visita.
Acepta el precio, falta la fecha.
Enviado y confirmado.
Se retrasa una semana por su parte.
Todo instalado y probado.
Le interesa, pero el año que viene.
""")

STEPS = lines("""
Pedir los datos
Preparar el documento
Revisarlo con un compañero
Enviarlo
Guardar la copia firmada
Avisar al almacén
""")

PLACES = lines("""
Sala de reuniones 2
En su sede
Videollamada
Sala Norte
Cafetería de la planta baja
Almacén de Bilbao
""")

DAYS = lines("""
lunes
martes
miércoles
jueves
viernes
""")

GREETING = "Hola, {c}:"
FAREWELL = "Un saludo,\n{me}\nTecnovia"
