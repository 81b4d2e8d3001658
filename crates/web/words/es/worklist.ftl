# lista de trabajo, cambio de turno y lo que comparten con la página de una tarea
worklist-title = Lista de trabajo
worklist-keys = Teclas
worklist-filters = Filtros
worklist-all = Todas las mías
worklist-all-sites = Todos los centros
worklist-mine = Las tengo yo
worklist-as-of = A las { $time }.
worklist-waiting = { $n ->
    [0] Nadie espera
    [one] Espera 1 persona
   *[other] Esperan { $n } personas
  }{ $overdue ->
    [0] {""}
    [one] , 1 con plazo vencido
   *[other] , { $overdue } con plazo vencido
  }{ $urgent ->
    [0] {""}
    [one] , 1 urgente
   *[other] , { $urgent } urgentes
  }.
worklist-empty = Nadie espera aquí. Lo nuevo aparece por sí solo.
worklist-pages = Páginas de la lista de trabajo
worklist-previous = Página anterior
worklist-next = Página siguiente
worklist-page = Página { $n } de { $of }
worklist-moot = Ya no hace falta
worklist-moot-said = Ya no hace falta: { $title } ({ $why })
worklist-moot-unknown = se retiró
worklist-unknown-person = Persona desconocida
worklist-urgent = Urgente
worklist-last-contact = último contacto { $ago } ({ $how })
worklist-no-contact = aún sin contacto
worklist-by-staff = el equipo
worklist-attempt = intento { $n } de { $of }
worklist-open = Abrir
worklist-take = Me encargo
worklist-more = Más
worklist-release = Devolver
worklist-hand-over = Pasar a otra persona
worklist-called = Se llama
worklist-language-unknown = Idioma desconocido
worklist-yours = Suya hasta las { $until }
worklist-taken = La tiene { $name } hasta las { $until }
worklist-escalated = Escalada a { $to } desde { $from }
worklist-asked-again = Pedida de nuevo, vencida, { $ago }
worklist-handed = Pasada por { $by } desde { $team }
worklist-handed-to = Pasada por { $by } a { $to }
worklist-snoozed = Pospuesta hasta las { $until }
worklist-not-before = No antes de las { $from }
worklist-snooze-30 = Posponer 30 min
worklist-snooze-120 = Posponer 2 h
worklist-snooze-tomorrow = Posponer hasta mañana a las 9:00
worklist-no-snooze = Vence demasiado pronto para posponerla.
worklist-saved = Guardado: { $outcome }.
worklist-undo = Deshacer
worklist-whose = ({ $owner }, por { $person })
worklist-need-deaf = No oye: sin llamadas
worklist-need-blind = No ve: mejor llamar que escribir
worklist-need-interpreter = Necesita intérprete
worklist-need-no-smartphone = Sin teléfono inteligente: sin enlaces
worklist-key-move = tarjeta siguiente y anterior
worklist-key-open = abrir la tarjeta
worklist-key-claim = encargarse de ella
worklist-key-search = ir a la búsqueda, donde la haya
worklist-key-help = esta lista
worklist-key-close = Cerrar
worklist-shift = Cambio de turno
worklist-print = Imprimir
worklist-shift-as-of = A las { $when }, para { $who }.
worklist-shift-flags = Señales de alarma y otro trabajo urgente de este turno: { $n }
worklist-shift-open = Pendiente: { $n }
worklist-shift-more = { $n ->
    [one] Queda otra pendiente: elija un equipo para verla.
   *[other] Quedan otras { $n } pendientes: elija un equipo para verlas.
  }
worklist-shift-done = Hecho en las últimas 12 horas: { $n }
worklist-shift-nothing = En este turno no se cerró nada.
worklist-col-due = Plazo
worklist-col-person = Persona
worklist-col-what = Qué y por qué
worklist-col-who = Quién la tiene
worklist-col-when = Cuándo
worklist-col-end = Cómo terminó
moot-medication_picked_up = la medicina ya se recogió
moot-medication_stopped = la medicina se suspendió
moot-person_died = la persona falleció
moot-encounter_readmitted = la persona volvió a ingresar
moot-encounter_discharge_cancelled = el alta se anuló
moot-appointment_cancelled = la cita se anuló
moot-appointment_missed = faltó a la cita
moot-outcome_corrected = se corrigió el resultado que la causó
moot-finished = el recorrido terminó
