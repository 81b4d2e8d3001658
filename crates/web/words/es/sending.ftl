# Lo que sale, lo que está en pausa y lo que espera a una segunda persona.
sending-title = Envíos
sending-what = Lo que admite cada proveedor, lo que espera y lo que se retiene.
sending-paused-now = En pausa ahora
sending-none-paused = No hay nada en pausa.
sending-paused-holds = Lo que está en pausa permanece en la bandeja de salida, también los mensajes urgentes de atención. Un mensaje cuyo plazo termina se retira; si es parte de la atención, se intenta otra vía o se pide a una persona que actúe.
sending-everything = Todo
sending-channel = El canal «{ $name }»
sending-provider = El proveedor
sending-pathway = La ruta
sending-resume = Reanudar
sending-waits = Espera a una segunda persona
sending-never = Nada espera por su número: el ajuste outreach.approve_above es 0.
sending-rule = Más de { $n } mensajes con las mismas palabras de una ruta en un día esperan hasta que los apruebe alguien que no haya decidido esas palabras (puesto en vigor esa versión o pasado recorridos a ella) ni la haya pausado. Los mensajes urgentes nunca esperan por esto.
sending-none-waits = Nada espera aprobación.
sending-waiting-count = { $n ->
    [one] 1 mensaje espera, de { $all } en un día.
   *[other] { $n } mensajes esperan, de { $all } en un día.
  }
sending-oldest = Fecha y hora en que se retira el primero:
sending-example = Las palabras, como las escribió su autor:
sending-approve-up-to = Aprobar hasta este número en un día
sending-approve-what = Vale por un día y mientras esta versión de la ruta esté en vigor. Antes de que salga algo, se vuelven a comprobar todas las reglas.
sending-approve = Aprobar
sending-up-to = { $n ->
    [one] aprobado, 1 en un día
   *[other] aprobados, hasta { $n } en un día
  }
sending-gates = Proveedores
sending-since = Los totales son de hoy (UTC), desde que se inició este sistema.
sending-col-provider = Proveedor
sending-col-state = Salida
sending-col-rate = Ritmo
sending-col-under-way = En curso
sending-col-sent = Enviados
sending-col-failed = No aceptados
sending-col-unknown = Sin saberse
sending-open = abierta
sending-paused = en pausa
sending-throttled = pidió esperar: { $n } s
sending-broken = falla: se deja en paz { $n } s
sending-refusing = rechaza nuestra cuenta o remitente: hay que corregirlo. Se prueba de nuevo en { $n } s
sending-probing = se prueba de nuevo
sending-rate = { $n } por segundo
sending-no-rate = sin límite fijado
sending-outbox = Esperan para salir
sending-col-channel = Canal
sending-col-urgent = Urgentes
sending-col-others = Otros
sending-new-senders = Correo de personas que nadie conoce: { $taken } remitentes nuevos en esta hora, de { $max } como máximo. Correos aplazados desde que se inició este sistema: { $off }.
sending-may-not = Las personas con el rol de responsable o de administración pueden pausar, reanudar y aprobar.
sending-pause = Pausar
sending-pause-what = Desde este momento no sale nada de ello, incluidos los mensajes urgentes de atención, y sigue así después de un reinicio. Lo que espera se conserva. Al reanudar, se vuelven a comprobar todas las reglas antes de que salga algo. Para detener también los recorridos de una ruta, deténgala en su propia página.
sending-pause-which = Qué
sending-why = Por qué
sending-why-needed = Diga por qué se pausa.
sending-number = Se necesita un número entero de mensajes.
sending-pause-now = Pausar ahora
sending-refused-reason_needed = Se necesita un motivo, de 500 caracteres como máximo.
sending-refused-no_such_provider = No existe tal proveedor.
sending-refused-no_such_pathway = No existe esa ruta.
sending-refused-paused_already = Ya está en pausa.
sending-refused-not_paused = No está en pausa.
sending-refused-not_in_force = Esa ruta no está vigente.
sending-refused-number_needed = Se necesita un número de mensajes a partir de 1.
sending-refused-second_published = Quien puso en vigor esta versión no puede aprobarla a solas: se necesita una segunda persona.
sending-refused-second_moved = Quien pasó recorridos a otras palabras no puede aprobarlas a solas: se necesita una segunda persona.
sending-refused-second_paused = Quien la puso en pausa no puede aprobarla a solas: se necesita una segunda persona.
