# La conversación con una persona.

conversation-open = Conversación
conversation-title = Conversación con { $name }
conversation-heading = Lo que se dijo
conversation-earlier = Anterior
conversation-newest = A lo más reciente
conversation-nothing = Todavía no se ha dicho nada.
conversation-new = Algo nuevo en la conversación, { $at }
conversation-new-theirs = { $name } escribió, { $at }
conversation-unread = { $n ->
    [one] 1 mensaje nuevo
   *[other] { $n } mensajes nuevos
  }
conversation-unread-more = Más de { $n } mensajes nuevos
conversation-new-since = Nuevo desde { $since }
conversation-grant-of-some = Lo que usted escribe podría ser de cualquier cosa: solo un permiso para todo lo permite.
conversation-mark-read = Marcar como leído
conversation-to-related = a { $name }
conversation-grant = (puede saber: { $scope }, hasta { $until })
conversation-automatic = automático
conversation-answer = respuesta automática
conversation-internal = nota interna
conversation-understood = Se tomó por: { $class }
conversation-auto-reply = Una respuesta automática suya: no se hace nada con ella
conversation-not-authentic = Puede no ser de la persona: la dirección del remitente no se comprobó
conversation-files = { $n ->
    [one] Envió 1 foto o archivo, que aquí no se recibe: pregúntele
   *[other] Envió { $n } fotos o archivos, que aquí no se reciben: pregúntele
}
conversation-pressed = Por teléfono: { $what }
conversation-mark-identified = dijo que es la persona
conversation-mark-repeat = lo escuchó otra vez
conversation-mark-callback = pide que le llamen
conversation-mark-opt_out = no más llamadas ni textos automáticos
conversation-mark-wrong_number = número equivocado
conversation-mark-voicemail = quedó en el buzón de voz
conversation-not-sent = no se envió
conversation-take-back = Retirar
conversation-waits = Espera para enviarse
conversation-wishes = Cómo comunicarse
conversation-reads = Lee
conversation-to-person = Todo lo que se sabe de la persona
conversation-write = Escribir
conversation-how = Por qué medio
conversation-preferred = preferido
conversation-quiet = Horas de silencio: espera hasta { $until }.
conversation-note = Nota interna: nunca sale del equipo
conversation-text = Sus palabras
conversation-text-what = Primero se nombra a { $clinic } y firma { $who }. Otras personas pueden ver un mensaje de texto o un correo: no escriba ahí nada de salud que la persona no haya aceptado.
conversation-length = { $n ->
    [one] 1 carácter
   *[other] { $n } caracteres
  }, { $parts ->
    [one] 1 mensaje de texto
   *[other] { $parts } mensajes de texto
  }
conversation-language = Escrito en
conversation-at = Enviar más tarde
conversation-at-what = En la hora de la persona ({ $zone }). Si se deja vacío, se envía ahora. A esa hora se revisan otra vez todas las reglas, y hasta entonces se puede retirar.
conversation-send = Enviar
conversation-other-language = La persona lee { $language }. Escriba en ese idioma, o llame con un intérprete.
conversation-bad-way = Elija por qué medio se envía.
conversation-bad-at = Esto no es una hora.
conversation-past = Esa hora ya pasó.
conversation-bad-text = Escriba algo primero.
conversation-candidates = Quién pudo haber escrito
conversation-candidates-what = Este número está en más de un expediente, o en ninguno como propio. No se le dijo nada a quien escribió, y en estos expedientes no se hizo nada, salvo un STOP. Pregunte quién es.
conversation-candidates-hidden = { $n ->
    [one] 1 más en otro lugar
   *[other] { $n } más en otros lugares
  }
conversation-way-lost = El medio elegido ya no se puede usar. Elija otro.
conversation-too-long = Es demasiado largo: un mensaje de texto tiene como máximo { $n } partes, con el nombre de la clínica y la firma.
conversation-too-far = Es una fecha demasiado lejana: como máximo dentro de { $n } días.
conversation-left = Ya salió, o ya se retiró.

# Se comunica por teléfono a un miembro del personal
conversation-call = Llamar por teléfono
conversation-call-what = Primero suena su propio teléfono. Oprima 1 y se llama al del paciente desde el número de la clínica.
conversation-call-what-digits = Primero suena su propio teléfono y esta página muestra tres cifras. Oprímalas en él y se llama al del paciente desde el número de la clínica.
conversation-call-digits = Su teléfono suena. Oprima en él estas cifras, una tras otra, para que se sepa que es suyo:
conversation-call-tries = No se sabe si su teléfono es suyo, y a uno así se hacen como máximo { $n } llamadas por hora. Inténtelo más tarde.
conversation-digit-0 = cero
conversation-digit-1 = uno
conversation-digit-2 = dos
conversation-digit-3 = tres
conversation-digit-4 = cuatro
conversation-digit-5 = cinco
conversation-digit-6 = seis
conversation-digit-7 = siete
conversation-digit-8 = ocho
conversation-digit-9 = nueve
conversation-call-nobody = No hay ningún servicio configurado que comunique llamadas.
conversation-call-no-phone = No se conoce su propio número.
conversation-call-add-phone = Añadir su número
conversation-call-other = Su teléfono ya suena por una llamada con otra persona. Conteste o rechace esa primero.
conversation-call-bad-phone = El número de su cuenta no sirve para esta llamada.
