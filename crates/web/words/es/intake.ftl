# Rechazado y en espera.
intake-title = Rechazado y en espera
intake-lead = Lo que las fuentes enviaron y no se pudo usar. Nada de esto llegó al expediente de nadie.
intake-phi = Lo enviado son datos de salud: usted ve lo de sus propios sitios, y cada consulta queda en el registro de accesos.
intake-no-phi = Su función ve la fuente, el lugar y el mensaje. Lo enviado es para el equipo de atención y los integradores de su sitio.
intake-say = { $n ->
    [0] No hay nada en espera
    [one] Hay 1 elemento en espera
   *[other] Hay { $n } elementos en espera
  }
intake-groups = Grupos
intake-states = Estado
intake-group-refused = Rechazado
intake-group-parked = Sin persona todavía
intake-group-failed = Falló al procesarse
intake-state-open = Pendiente
intake-state-mended = Corregido
intake-state-dismissed = Descartado
intake-by-open = Pendiente desde
intake-by-mended = corregido por
intake-by-dismissed = descartado por
intake-source = Fuente
intake-all-sources = Todas las fuentes
intake-show = Mostrar
intake-show-all = Mostrar todo
intake-one-cause = Solo esta causa:
intake-same-cause = los { $n } de esta causa
intake-empty-refused = No se rechazó nada.
intake-empty-parked = Todo lo recibido corresponde a alguien.
intake-empty-failed = Nada falló al procesarse.
intake-empty-filtered = Nada coincide con esta selección.
intake-empty-live = Lo que llegue aparecerá aquí solo.
intake-about-refused = Se avisó a quien lo envió, con el mismo lugar y mensaje. Corríjalo aquí o espere a que lo envíe de nuevo.
intake-about-parked = Se intenta de nuevo cuando se conoce su identificador. Usted puede indicar de quién es.
intake-about-failed = No se pudo incorporar al historial de la persona. Se pidió al equipo que se ocupe de ella.
intake-times = llegó { $n ->
    [one] una vez
   *[other] { $n } veces
  }
intake-pick = Elegir { $what } de { $source }
intake-why-nobody = Su identificador no es de nadie conocido aquí.
intake-why-receipt = No se conoce el mensaje al que corresponde este acuse. A los tres días se descarta por sí solo.
intake-why-failed = No se pudo incorporar:
intake-pages = Páginas
intake-page = Página { $at } de { $pages }
intake-page-before = Página anterior
intake-page-next = Página siguiente
intake-bulk = Varios a la vez
intake-bulk-about = Cuando se haya corregido un código o un tema: lo elegido vuelve a entrar tal como llegó, como máximo { $most } por vez. Lo que siga mal se queda aquí.
intake-bulk-replay = Volver a ingresar lo elegido
intake-bulk-cause = Volver a ingresar { $n ->
    [one] el único
   *[other] los { $n }
  } de esta causa
intake-bulk-dismiss = Descartar lo elegido
intake-note = Motivo
intake-none-picked = Elija al menos uno que usted pueda leer.
intake-note-needed = Escriba un motivo: queda junto al elemento.
intake-dropped = { $n ->
    [one] 1 elemento antiguo tuvo que dejar sitio y ya no se guarda.
   *[other] { $n } elementos antiguos tuvieron que dejar sitio y ya no se guardan.
  }
intake-done-replayed = { $n ->
    [0] Todavía no se entiende ninguno.
    [one] 1 elemento volvió a entrar.
   *[other] { $n } elementos volvieron a entrar.
  }
intake-done-dismissed = { $n ->
    [one] Se descartó 1 elemento.
   *[other] Se descartaron { $n } elementos.
  }
intake-done-linked = El elemento ya está en el historial de la persona.
intake-done-taken = Otra persona se encargó de esto un momento antes.
intake-one-title = Rechazado al entrar
intake-about = Qué es
intake-site = Sitio
intake-sender = Enviado por
intake-door = Entrada
intake-first = Llegó primero
intake-last = Llegó por última vez
intake-wrong = Qué está mal
intake-where = Dónde
intake-line = Línea marcada
intake-no-place = El lugar no está en el texto; empieza así.
intake-original = Lo que se envió
intake-mended = Lo que entró en su lugar
intake-not-shown = Lo enviado son datos de salud. Su función o sus sitios no lo incluyen.
intake-not-kept = Era demasiado grande para guardarlo (más de { $kib } KiB): aquí solo están el lugar y su huella. Pida a la fuente que lo envíe de nuevo.
intake-cannot-mend = Aquí no hay texto que corregir.
intake-mend = Corregir y volver a ingresar
intake-mend-about = Entra por la misma puerta, como dicho por la misma fuente y sitio, con las horas que da el propio texto. Lo que tiene más de 72 horas cambia lo que se sabe y no inicia nada.
intake-text = El texto
intake-check = Comprobar
intake-check-about = Comprobar no cambia nada.
intake-replay = Ingresar
intake-over-newer = Poner de todos modos esta versión anterior sobre la más nueva
intake-still-wrong = { $n ->
    [one] Falta 1 cosa por corregir. No se cambió nada.
   *[other] Faltan { $n } cosas por corregir. No se cambió nada.
  }
intake-would = { $n ->
    [0] Se entiende, y no contiene nada.
    [one] Se entiende: entraría 1 cosa.
   *[other] Se entiende: entrarían { $n } cosas.
  }
intake-nothing-changed = Todavía no se cambió nada.
intake-of = de
intake-of-known = de una persona conocida
intake-of-nobody = de ninguna persona: se guarda para todos
intake-of-new = de una persona nueva aquí
intake-of-parked = de nadie conocido: quedaría aquí en espera
intake-there-older = Sustituye una versión anterior
intake-there-same = Ya está exactamente lo mismo
intake-there-newer = Mientras tanto llegó una versión más nueva
intake-starts-nothing = No inicia nada: es demasiado antiguo o es historia
intake-newer-first = La fuente envió una versión más nueva después de este rechazo. Descarte esta, o indique abajo que debe reemplazar a la nueva.
intake-settled-already = Alguien ya resolvió este elemento.
intake-facts = { $n ->
    [one] Se convirtió en un hecho:
   *[other] Se convirtió en { $n } hechos:
  }
intake-was-there = (ya estaba)
intake-more = y { $n } más
intake-dismiss = Descartar
intake-dismiss-about = Nada de esto entra. El texto se conserva para leerlo, con su nombre y motivo.
intake-aside-dismiss-about = Se elimina definitivamente. Su nombre y motivo quedan en el registro de accesos.
intake-failed-title = Falló al procesarse
intake-parked-title = Sin persona todavía
intake-why = Por qué espera
intake-says = Qué dice
intake-kind = Tipo
intake-subject = Se refiere a
intake-happened = Ocurrió
intake-aside-since = Apartado
intake-person = Persona
intake-open-person = Abrir la página de la persona
intake-again = Intentar de nuevo
intake-again-about = Cuando se haya corregido la causa. Si vuelve a fallar, regresa aquí.
intake-link = Indicar de quién es
intake-link-about = Asegúrese: pasa a formar parte del expediente de esa persona, y lo que de ello resulte le ocurrirá a ella. Compare nombre y fecha de nacimiento.
intake-search = Nombre, número o identificador
intake-find = Buscar
intake-nobody-found = No se conoce a nadie así.
intake-born = nacimiento:
intake-link-to = Es de esta persona
intake-identifier = O un identificador conocido
intake-link-identifier = Vincular
intake-todo-structure = Corrija el JSON en el lugar marcado: un corchete, una coma o unas comillas, u otro tipo de valor.
intake-todo-required = Añada lo que falta, si lo sabe con certeza; si no, pregunte a quien lo envió.
intake-todo-value = Escriba el valor en la forma que se pide, sin cambiar lo que significa.
intake-todo-code-invalid = Use uno de los códigos conocidos, o haga que se añada el código y vuelva a ingresarlo.
intake-todo-invalid = Haga que los dos lugares digan lo mismo.
intake-todo-not-supported = Escríbalo como un tipo que se acepta, o descártelo: el sistema no lo utiliza.
intake-todo-duplicate = Deje el recurso una sola vez y quite el otro.
intake-todo-too-long = Quite lo que es demasiado largo, como un documento adjunto, y pida el resto a quien lo envió.
intake-todo-too-costly = Pida a la fuente paquetes más pequeños.
intake-todo-forbidden = La clave de la fuente no permite decir esto. Pida a un administrador que revise la clave, y a la fuente que lo envíe de nuevo.
intake-todo-business-rule = Compruebe si se confundieron el inicio y el fin.
intake-where-now = Dónde sigue mal
