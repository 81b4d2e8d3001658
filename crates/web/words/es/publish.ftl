# Publicación: una versión entra en vigor, y quién responde por ella.
publish-title = Publicar una versión
publish-what = Pegue el archivo de una ruta o elíjalo. En la página siguiente se muestra lo que se encuentra en él y lo que cambia; nada entra en vigor antes de que usted lo confirme allí.
publish-file = Archivo de la ruta
publish-text = Texto de la ruta (YAML)
publish-look = Revisarlo
publish-nothing = No hay texto: pegue el archivo de una ruta.
publish-first = Ninguna versión de ella está vigente: esta sería la primera.
publish-in-force-already = Esta versión está vigente.
publish-in-place-of = Ocuparía el lugar de
publish-does-not-read = No se puede leer: los hallazgos dicen por qué.
publish-other-first = Mientras tanto otra persona publicó: ahora está vigente otra versión. Vuelva a mirar lo que la suya reemplazaría.
publish-confirm = Ponerla en vigor
publish-confirm-what = Desde ese momento, quien inicie esta ruta inicia esta versión. Quien ya está en camino sigue en la suya.
publish-refused = No se puede poner en vigor:
publish-way-errors = { $n ->
    [one] hay 1 error
   *[other] hay { $n } errores
  }
publish-way-draft = no nombra a quien la aprobó clínicamente con una fecha de revisión
publish-way-past = su revisión debía hacerse el { $day }
publish-way-service = llama al servicio { $name }, para el que este sistema no tiene ajustes: añada [services.{ $name }] al archivo de ajustes y reinicie el sistema
publish-way-codes = este mismo texto se conoce aquí con otros conjuntos de códigos: cambie el texto
publish-draft-ok = Sé que no nombra a quien la aprobó clínicamente con una fecha de revisión
publish-now = Publicar
publish-mend = Corríjala y revise otra vez
publish-keep = Solo conservarla, sin ponerla en vigor
publish-again = Volver a poner en vigor
publish-reviews = Revisiones pendientes
publish-review-past = la revisión debía hacerse el { $day }: pida que se lea de nuevo
publish-review-near = la revisión vence el { $day }: pida que se lea de nuevo
publish-review-none = sin fecha
publish-approval = Aprobación y revisión
publish-approver = Aprobación clínica
publish-approved-by-nobody = nadie
publish-review = Revisión
publish-reviewed-by = revisado por
publish-with-pathway = aprobado con la ruta
publish-held-back = retenido: nadie lo revisó
publish-let-out = sin revisar; se usa
publish-since = Conocida o vigente desde
publish-order = orden { $n }
publish-by-folder = la carpeta
publish-col-put = Puesta en vigor
publish-compare = Comparar
publish-who-begins = para quien la inicie
