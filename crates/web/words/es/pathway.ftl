# Las rutas de atención en marcha: lista, dibujo, tabla, texto, quién está en cada paso, versiones.
pathway-list-title = Rutas de atención
pathway-none = No hay ninguna ruta vigente.
pathway-owner = Responsable:
pathway-standing = permanente: para todas las personas, siempre
pathway-goals = Metas
pathway-goal-within = hasta { $when }
pathway-goal-counts = { $reached } alcanzada(s), { $missed } no
pathway-every-day = cada día a las { $time }
pathway-every-week = cada { $day } a las { $time }
pathway-by-hand = a mano
pathway-by-import = por importación
pathway-again-after = otra vez { $lapse } después de la última
pathway-held-out = { $percent } % queda fuera
pathway-weekday-0 = lunes
pathway-weekday-1 = martes
pathway-weekday-2 = miércoles
pathway-weekday-3 = jueves
pathway-weekday-4 = viernes
pathway-weekday-5 = sábado
pathway-weekday-6 = domingo
pathway-on-it-now = En la ruta ahora
pathway-started = Iniciadas en { $days } días
pathway-steps = Pasos
pathway-speaks = Habla { $languages }
pathway-version-count = { $n ->
    [one] 1 versión
   *[other] { $n } versiones
  }
pathway-your-sites = Se cuentan las personas de sus centros:
pathway-all-sites = Las medianas, los porcentajes y los recorridos iniciados son de todos los centros; no nombran a nadie.
pathway-in-force = vigente
pathway-older = versión anterior
pathway-views = Vistas
pathway-view-picture = Dibujo
pathway-view-table = Tabla
pathway-view-text = Texto
pathway-picture-label = Dibujo de la ruta
pathway-text-label = El texto de { $name }
pathway-how-counted = Aquí ahora: personas que están en un paso en este momento. Mediana de permanencia y porcentajes: de quienes siguieron adelante en los últimos { $days } días; una mediana leída así se aparta de la exacta en un 10 % como máximo. No se cuenta lo que siguió a un resultado corregido.
pathway-legend = Colores y signos
pathway-legend-wait = espera
pathway-legend-said = se escribe a la persona
pathway-legend-voice = se le dice a la persona
pathway-legend-team = se pide al equipo
pathway-legend-branch = elige un camino
pathway-legend-loop = se repite
pathway-begins = Comienza cuando: { $fact }
pathway-started-days = { $n ->
    [one] 1 iniciada en { $days } días
   *[other] { $n } iniciadas en { $days } días
  }
pathway-ended-days = { $finished } terminadas, { $left } dejadas antes
pathway-people-on = { $n ->
    [one] 1 persona en la ruta ahora
   *[other] { $n } personas en la ruta ahora
  }
pathway-here = { $n } aquí
pathway-median-of = mediana { $lapse }
pathway-under-a-minute = <1 min
pathway-percent = { $n } %
pathway-share = { $percent } % ({ $n } de { $of })
pathway-more = y { $n } más
pathway-box = { $name }, { $n ->
    [one] 1 persona aquí ahora
   *[other] { $n } personas aquí ahora
  }
pathway-box-line = { $name }: línea { $line } del texto
pathway-line-back = { $name }, { $n } aquí: mostrar en el dibujo
pathway-end = fin
pathway-track = Vía
pathway-sub = Subruta
pathway-subs = Subrutas
pathway-subs-what = Solo las recorren quienes son enviados a ellas.
pathway-table-caption = Cada paso, quién está allí ahora y los últimos { $days } días
pathway-col-step = Paso
pathway-col-kind = Tipo
pathway-col-leads = Lleva a
pathway-col-here = Aquí ahora
pathway-col-median = Mediana de permanencia
pathway-col-person = Persona
pathway-col-born = Nacimiento
pathway-col-site = Centro
pathway-col-since = Desde
pathway-col-version = Versión
pathway-col-difference = Diferencia
pathway-kind-start = inicio
pathway-kind-wait = espera
pathway-kind-wait_for = espera de
pathway-kind-reach = mensaje
pathway-kind-prompt = aviso al equipo
pathway-kind-red_flag = señal de alarma
pathway-kind-concern = preocupación
pathway-kind-enrol_in = inicia otra
pathway-kind-withdraw_from = termina otra
pathway-kind-branch = bifurcación
pathway-kind-repeat = repetición
pathway-kind-each = para cada
pathway-kind-remind = recordatorios
pathway-kind-note = nota
pathway-kind-leave = salida
pathway-kind-split = experimento
pathway-kind-parallel = en paralelo
pathway-kind-include = pasos de otro lugar
pathway-way-found = llegó
pathway-way-missed = no llegó
pathway-way-closed = se cerró con un motivo
pathway-way-proved = comprobado que terminó
pathway-way-unknown = no se sabe
pathway-way-else = en otro caso
pathway-way-late = demasiado tarde
pathway-way-in-time = a tiempo
pathway-way-day = cada día
pathway-way-days-over = tras el último día
pathway-way-item = para cada uno
pathway-way-meanwhile = mientras tanto
pathway-way-held-out = apartado
pathway-way-joined = después
pathway-way-included = entra en
pathway-way-after-included = después
pathway-title-wait = Esperar: { $when }
pathway-title-wait-for = Esperar a: { $fact }
pathway-title-branch = ¿Qué camino?
pathway-title-repeat = Cada día a las { $time }, del día { $from } al { $to }
pathway-title-each = Para cada { $what }
pathway-title-remind = Recordatorios de tareas
pathway-title-leave = Salida
pathway-title-enrol-in = Iniciar: { $pathway }
pathway-title-withdraw-from = Terminar: { $pathway }
pathway-title-note = Nota
pathway-title-rhythm = { $rhythm }, del día { $from } al { $to }
pathway-title-parallel = En paralelo
pathway-when-day = día { $day } a las { $time }
pathway-when-next-day = { $n ->
    [one] el día siguiente a las { $time }
   *[other] en { $n } días a las { $time }
  }
pathway-when-span = { $lapse } después
pathway-when-same-day = el día de { $field }
pathway-when-before = { $n ->
    [one] 1 día antes de { $field }
   *[other] { $n } días antes de { $field }
  }
pathway-when-after = { $n ->
    [one] 1 día después de { $field }
   *[other] { $n } días después de { $field }
  }
pathway-when-with-time = { $day } a las { $time }
pathway-when-clock = a las { $time }
pathway-when-field = en { $field }
pathway-when-offset-before = { $lapse } antes de { $field }
pathway-when-offset-after = { $lapse } después de { $field }
pathway-when-weekday = el próximo { $day } a las { $time }
pathway-when-working-day = { $n ->
    [one] el siguiente día hábil a las { $time }
   *[other] en { $n } días hábiles a las { $time }
  }
pathway-when-within = en algún momento dentro de { $lapse }
pathway-when-between = en algún momento entre las { $from } y las { $to }
pathway-weekday-mon = lunes
pathway-weekday-tue = martes
pathway-weekday-wed = miércoles
pathway-weekday-thu = jueves
pathway-weekday-fri = viernes
pathway-weekday-sat = sábado
pathway-weekday-sun = domingo
pathway-rhythm-days = { $n ->
    [one] Cada día a las { $time }
   *[other] Cada { $n } días a las { $time }
  }
pathway-rhythm-weekdays = Cada { $days } a las { $time }
pathway-team-hours = { $lapse } de horario del equipo
pathway-rung = { $channel } (durante { $lapse })
pathway-does-wait = Espera hasta: { $when }
pathway-late-skip = si ya pasó, se omite el paso siguiente
pathway-late-prompt = si ya pasó, el equipo decide sobre el paso siguiente
pathway-does-wait-for = Espera el hecho «{ $fact }»
pathway-deadline = a más tardar { $when }
pathway-does-reach = Comunica a la persona «{ $words }»
pathway-by = por { $channels }
pathway-valid = no más tarde de { $lapse } después de quererlo
pathway-purpose-care = por la atención misma
pathway-purpose-reminder = para recordar
pathway-purpose-education = para enseñar
pathway-purpose-survey = para preguntar por la experiencia
pathway-purpose-billing = sobre dinero
pathway-purpose-marketing = para vender
pathway-does-prompt = Pide a { $team }: «{ $what }»
pathway-due = vence en { $lapse }
pathway-overdue = después { $team } tras { $lapse }
pathway-tries = hasta { $n } intentos, separados por { $lapse }
pathway-form = formulario «{ $form }»
pathway-offer = ofrece: { $actions }
pathway-why = porque: { $reason }
pathway-urgent = urgente
pathway-person-within = alguien de guardia se hace cargo en { $lapse }, a cualquier hora
pathway-closes-reason = solo se cierra con un motivo en palabras
pathway-closes-fact = solo se cierra tras «{ $fact }» o con un motivo en palabras
pathway-closes-when = solo se cierra cuando { $when }, o con un motivo en palabras
pathway-until = ya no hace falta después de «{ $fact }»
pathway-does-branch = Sigue el primer camino que se cumple
pathway-does-repeat = Cada día a las { $time }, del día { $from } al día { $to }
pathway-checklist = con la lista «{ $checklist }»
pathway-does-rhythm = { $rhythm }, del día { $from } al día { $to }
pathway-repeat-until = termina en cuanto { $when }
pathway-does-split = Sortea uno de varios caminos, siempre el mismo para cada persona: experimento «{ $experiment }»
pathway-split-arm = { $name } { $share }
pathway-hold-out = se aparta al { $share } de las personas
pathway-metric = se evalúa con la meta «{ $goal }»
pathway-does-parallel = Hace esto en paralelo: { $strands }
pathway-join-all = sigue cuando todos terminaron
pathway-join-count = { $n ->
    [one] sigue cuando uno terminó; los demás se retiran
   *[other] sigue cuando { $n } terminaron; los demás se retiran
  }
pathway-does-include = Hace aquí los pasos de un subrecorrido y luego sigue
pathway-include-with = «{ $own }» significa allí «{ $theirs }»
pathway-does-each = Para cada elemento de { $over }, como «{ $what }»
pathway-again = comienza de nuevo con «{ $fact }»
pathway-does-remind = Recuerda cada tarea del día con «{ $words }», si la persona lo pidió
pathway-does-note = Escribe en la cronología: «{ $text }»
pathway-does-leave = El recorrido termina: { $reason }
pathway-does-enrol-in = Inicia la ruta «{ $pathway }» para esta persona
pathway-does-withdraw-from = Termina la ruta «{ $pathway }» de esta persona: { $reason }
pathway-skip = se omite si { $when }
pathway-yes = sí
pathway-no = no
pathway-nothing-known = no se sabe
pathway-if-yes = { $field }: sí
pathway-if-no = { $field } no se cumple
pathway-if-and = { $left } y { $right }
pathway-if-or = { $left } o { $right }
pathway-if-not = no se cumple ({ $what })
pathway-if-known = se conoce { $field }
pathway-if-unknown = no se conoce { $field }
pathway-if-codes = { $field } está en una lista de códigos
pathway-if-equal = { $left } es { $right }
pathway-if-not-equal = { $left } no es { $right }
pathway-if-less = { $left } menor que { $right }
pathway-if-at-most = { $left } como máximo { $right }
pathway-if-greater = { $left } mayor que { $right }
pathway-if-at-least = { $left } como mínimo { $right }
pathway-back = Volver a la ruta
pathway-people-title-all = Todas las personas en esta ruta
pathway-people-heading = { $step }: { $n } aquí ahora
pathway-people-list = Personas aquí ahora
pathway-people-here = { $n ->
    [one] 1 persona está aquí ahora.
   *[other] { $n } personas están aquí ahora.
  }
pathway-people-paged = Hasta { $n } por página; en cada una, primero quien lleva más tiempo aquí.
pathway-nobody = Nadie está aquí ahora.
pathway-next-page = Página siguiente
pathway-first-page = Primera página
pathway-versions = Versiones
pathway-first-version = la primera que se conserva
pathway-difference = Qué cambió
pathway-difference-to = comparada con { $version }
pathway-difference-what = De la versión { $from } a la versión { $to }.
pathway-in-words = En palabras
pathway-no-difference = No cambió nada de lo que hace un paso.
pathway-line-by-line = Línea por línea
pathway-same-lines = { $n ->
    [one] 1 línea es igual
   *[other] { $n } líneas son iguales
  }
pathway-now-after = ahora después de: { $step }
pathway-change-added = Añadido
pathway-change-removed = Eliminado
pathway-change-moved = Movido
pathway-change-changed = Cambiado
pathway-field-does = qué hace
pathway-field-late = si es tarde
pathway-field-deadline = plazo
pathway-field-by = canales
pathway-field-valid = validez
pathway-field-purpose = propósito
pathway-field-stop = deja de preguntar
pathway-field-due = vencimiento
pathway-field-overdue = si vence
pathway-field-tries = intentos
pathway-field-form = formulario
pathway-field-offer = acciones
pathway-field-why = motivo
pathway-field-urgent = urgencia
pathway-field-until = innecesario después de
pathway-field-person = quién se hace cargo
pathway-field-closes = se cierra
pathway-field-checklist = lista de tareas
pathway-field-again = comienza de nuevo
pathway-field-arms = caminos
pathway-field-hold-out = apartados
pathway-field-metric = se evalúa con
pathway-field-join = sigue cuando
pathway-field-with = nombres
pathway-field-skip = se omite
pathway-field-leads = lleva a
pathway-field-title = título
pathway-field-owner = responsable
pathway-field-fallback = equipo de respaldo
pathway-field-speaks = idiomas
pathway-field-enrol = comienza cuando
pathway-field-when = para quién
pathway-field-once = una vez por
pathway-field-ways = también empieza
pathway-field-fresh = se inicia con hechos de hasta
pathway-field-leave = termina cuando
pathway-field-tracks = vías
pathway-field-words = palabras de los mensajes
pathway-field-forms = formularios
pathway-field-checklists = listas de tareas
pathway-field-goals = metas
pathway-once-encounter = atención
pathway-once-person = persona
pathway-once-fact = hecho
pathway-once-item = cosa de la que trata
pathway-kind-ask = preguntas
pathway-kind-call = servicio
pathway-does-call = Consulta el servicio «{ $service }» y espera lo que responde
pathway-call-within = Los intentos terminan tras { $lapse }
pathway-way-service-answered = respondió
pathway-way-service-failed = no respondió, o la respuesta no sirve
pathway-does-ask = Pregunta a la persona «{ $questions }» y espera las respuestas
pathway-ask-again = Pregunta otra vez si no es una respuesta: { $n } veces como máximo
pathway-ask-stop = Deja de preguntar y sigue de inmediato cuando { $when }
pathway-counts-delivered = Espera hasta que se entregue
pathway-counts-read = Espera hasta que se lea
pathway-counts-answered = Espera hasta que la persona conteste
pathway-counts-done = Espera hasta que esté hecho
pathway-way-answered = todo respondido
pathway-way-not-answered = no todo respondido
pathway-way-got = éxito
pathway-way-not = sin éxito
pathway-places = { $n } de { $most } plazas ocupadas
pathway-places-site = { $n } plazas ocupadas; como máximo { $most } en cada centro
pathway-waiting = { $n ->
    [0] nadie espera una plaza
    [one] { $n } persona espera una plaza
   *[other] { $n } personas esperan una plaza
 }
pathway-waiting-first = la primera, desde
pathway-waiting-title = En espera de una plaza
pathway-waiting-nobody = Nadie espera una plaza.
pathway-waiting-how = La próxima plaza es para quien más tiempo lleva esperando. Si alguien no debe esperar, puede inscribirle a mano en su propia página, donde la ruta lo permita.
pathway-col-waits = Espera desde
pathway-at-most = como máximo { $n } en curso a la vez; las demás personas esperan su turno y, pasados { $lapse }, se avisa al equipo
pathway-at-most-site = como máximo { $n } en curso a la vez en cada centro; las demás personas esperan su turno y, pasados { $lapse }, se avisa al equipo
